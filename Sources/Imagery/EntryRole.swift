/// What a file in a set is for, as far as its name tells.
enum EntryRole: Equatable {
    case ignored(ImageSet.Ignored.Reason)
    /// An RTK file of this kind, e.g. `MRK`.
    case sidecar(String)
    /// Ground control or positions that ODM reads from the project's root, under this name.
    case control(String)
    /// Its first bytes decide.
    case perhapsPhoto

    /// ODM reads `options.json`, `images.json` and `image_groups.txt` from there too; those would change the
    /// run behind its owner's back, so they are not let through.
    static let controlFiles: Set<String> = ["gcp_list.txt", "geo.txt"]
    static let maximumControlSize = 1 << 20

    private static let photos: Set<String> = ["", "jpg", "jpeg", "jpe", "jfif", "png", "tif", "tiff", "dng", "raw"]
    /// ODM would cut videos into frames.
    private static let videos: Set<String> = [
        "mp4", "mov", "lrv", "lrf", "ts", "avi", "mkv", "m4v", "insv", "mts", "360",
    ]
    private static let archives: Set<String> = ["zip", "7z", "rar", "tar", "gz", "tgz", "bz2", "xz", "zst"]
    private static let systemFiles: Set<String> = ["thumbs.db", "desktop.ini", "ehthumbs.db", "$recycle.bin"]

    init(_ entry: SourceEntry) {
        let name = entry.path.name.lowercased()
        let fileExtension = entry.path.fileExtension
        let isHidden = entry.path.components.contains { $0.hasPrefix(".") || $0 == "__MACOSX" }
        self =
            if isHidden || Self.systemFiles.contains(name) {
                .ignored(.systemFile)
            } else if entry.size == 0 {
                .ignored(.empty)
            } else if RTKSummary.kinds.contains(fileExtension.uppercased()) {
                .sidecar(fileExtension.uppercased())
            } else if Self.controlFiles.contains(name), entry.size <= Self.maximumControlSize {
                .control(name)
            } else if Self.videos.contains(fileExtension) {
                .ignored(.video)
            } else if Self.archives.contains(fileExtension) {
                .ignored(.nestedArchive)
            } else if Self.photos.contains(fileExtension) {
                .perhapsPhoto
            } else {
                .ignored(.notAPhoto)
            }
    }
}
