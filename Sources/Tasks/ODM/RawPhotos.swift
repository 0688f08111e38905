import DB
import Failures
import Storage

/// Brings a dataset's raw photos from storage into the scratch folder.
struct RawPhotos {
    let stage: StageContext

    /// Raw photos that can be read on this host.
    struct Source: Codable, Equatable, Sendable {
        /// A ZIP or a folder.
        var path: String
        /// A copy in the scratch folder, of no more use once it is unpacked.
        var isCopy = false
    }

    /// Finds what `v2_raw_images` names, a ZIP or a folder, and fetches it where it has to be.
    ///
    /// A ZIP that lies on this host is read where it is. A folder is always fetched: its files become a part of the
    /// project by hard links, and ODM, which runs as root, could change through them what is stored.
    func fetch(progress: @escaping TransferReport) async throws -> Source {
        guard let recorded = try await stage.queue.rawImagesPath(of: stage.datasetID) else {
            throw Failure.noRawImages(stage.datasetID)
        }
        let path = try StoragePath(fromDatabase: recorded)
        guard let stored = try await stage.storage.stat(path) else { throw Failure.rawImagesGone(path) }
        if stored.isFolder { return Source(path: try await fetchFolder(path, progress: progress), isCopy: true) }
        if let local = try await stage.storage.localPath(of: path) { return Source(path: local) }
        let archive = stage.scratch.file("raw.zip")
        try await stage.storage.fetch(path, to: archive, progress: progress)
        return Source(path: archive, isCopy: true)
    }

    /// A folder as the upload lays it out: photos in `images/`, RTK files beside it. Folders within are fetched too.
    private func fetchFolder(
        _ folder: StoragePath, progress: @escaping TransferReport
    ) async throws -> String {
        let target = try stage.scratch.folder("raw")
        let files = try await files(below: folder).map { file in
            let name = String(file.path.text.dropFirst(folder.text.count + 1))
            let parent = name.split(separator: "/").dropLast().joined(separator: "/")
            if !parent.isEmpty { _ = try stage.scratch.folder("raw/\(parent)") }
            return (file: file, target: "\(target)/\(name)")
        }
        try await stage.storage.fetch(files, progress: progress)
        return target
    }

    private func files(below folder: StoragePath) async throws -> [StoredFile] {
        var found: [StoredFile] = []
        for entry in try await stage.storage.list(folder) {
            found += entry.isFolder ? try await files(below: entry.path) : [entry]
        }
        // The upload keeps the ZIP itself beside what was unpacked from it.
        return found.filter { !$0.path.text.lowercased().hasSuffix(".zip") }
    }
}

extension Failure {
    static func noRawImages(_ datasetID: Int64) -> Failure {
        Failure("no_raw_images", "dataset \(datasetID) has no raw photos: nothing was uploaded as a ZIP")
    }
    static func rawImagesGone(_ path: StoragePath) -> Failure {
        Failure("raw_images_gone", "the raw photos are not in storage any more (\(path)); upload them again")
    }
}
