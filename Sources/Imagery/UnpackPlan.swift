/// Which file of a set goes where.
struct UnpackPlan {
    struct Item {
        let entry: SourceEntry
        /// Relative to the folder that is unpacked into.
        let destination: String
        /// The name of the photo that it is; nil for masks and sidecars.
        var photo: String?
    }

    private(set) var photos: [UnpackedSet.Photo] = []
    private(set) var items: [Item] = []
    private(set) var sidecars: [String] = []
    private(set) var warnings: [String] = []

    var bytes: Int { items.reduce(0) { $0 + $1.entry.size } }

    init(_ scan: SetScan, _ selection: ImageSet.Selection) {
        let wanted = Set(selection.photos.map(\.name))
        let chosen = scan.photos.filter { wanted.contains($0.photo.name) }
        var names = PhotoNames()
        let files = names.names(
            for: chosen.map(\.entry.path), extensions: chosen.map { Self.newExtension($0.photo) })
        for (found, file) in zip(chosen, files) {
            photos.append(UnpackedSet.Photo(name: found.photo.name, file: file, bytes: found.entry.size))
            items.append(Item(entry: found.entry, destination: "images/\(file)", photo: found.photo.name))
        }
        addMasks(scan.masks)
        addSidecars(scan)
    }

    /// The extension that the content calls for, where the name has another: ODM goes by names.
    private static func newExtension(_ photo: ImageSet.Photo) -> String? {
        photo.hasFittingName && !photo.path.fileExtension.isEmpty ? nil : photo.format.extensions[0]
    }

    /// A mask follows the name that its photo got.
    private mutating func addMasks(_ masks: [SetScan.Found]) {
        let key: (EntryPath, String) -> String = { ($0.folders + [$1]).joined(separator: "/").lowercased() }
        let files = Dictionary(
            photos.map { photo in
                let path = EntryPath(shown: photo.name)
                return (key(path, path.stem), EntryPath(shown: photo.file).stem)
            }, uniquingKeysWith: { first, _ in first })
        var taken: Set<String> = []
        for mask in masks {
            let path = mask.entry.path
            guard let masked = path.maskedStem, let stem = files[key(path, masked)],
                taken.insert(stem.lowercased()).inserted
            else { continue }
            let file = "\(stem)_mask.\(mask.photo.format.extensions[0])"
            items.append(Item(entry: mask.entry, destination: "images/\(file)"))
        }
    }

    /// RTK files and what ODM reads from its project folder.
    private mutating func addSidecars(_ scan: SetScan) {
        var names = PhotoNames()
        let paths = scan.sidecars.sorted { $0.path < $1.path }
        for (entry, file) in zip(paths, names.names(for: paths.map(\.path), extensions: paths.map { _ in nil })) {
            items.append(Item(entry: entry, destination: file))
            sidecars.append(file)
        }
        for (name, entry) in scan.controls.sorted(by: { $0.key < $1.key }) {
            items.append(Item(entry: entry, destination: name))
            sidecars.append(name)
            let renamed = photos.filter { !$0.name.hasSuffix($0.file) }.count
            if renamed > 0 {
                warnings.append("\(renamed) photos got new names, \(name) may still name them as before")
            }
        }
    }
}
