import DB
import Failures
import Foundation
import Glibc
import Storage
import Synchronization

/// The files of an upload, checked and ready to be stored.
protocol UploadedFiles: Sendable {
    /// Stores them under the dataset's id.
    func store(in storage: any Storage, folder: UploadFolder, as datasetID: Int64) async throws
    /// What `v2_raw_images` gets; nil for an orthophoto.
    func images(of datasetID: Int64) throws -> (record: RawImagesRecord, path: String)?
}

/// An orthophoto, which becomes `archive/{id}_ortho.tif`. The stage `geotiff` makes the rest of it.
struct UploadedRaster: UploadedFiles {
    let path: String

    func store(in storage: any Storage, folder: UploadFolder, as datasetID: Int64) async throws {
        let name = try StoragePath.ortho(of: datasetID)
        guard folder.isStorage else { return try await storage.store(path, as: name) { _ in } }
        // A second name and no copy: the first one stays until the dataset is there.
        let link = folder.fresh("raster")
        try HardLink.make(path, link)
        // Gone where it has got its name.
        defer { unlink(link) }
        try await storage.rename(folder.storagePath(link), to: name)
        try OpenFile("\(folder.root)/archive", O_RDONLY | O_DIRECTORY).flush()
    }

    func images(of datasetID: Int64) -> (record: RawImagesRecord, path: String)? { nil }
}

/// Raw photos, which become `raw_images/{id}/images/`, with RTK files and the ZIP itself beside it.
final class UploadedPhotos: UploadedFiles {
    let archive: String
    /// Removed with this object, unless it has got its final name.
    let folder: String
    private let record = Mutex<RawImagesRecord?>(nil)

    init(archive: String, folder: String) {
        self.archive = archive
        self.folder = folder
    }

    deinit {
        try? FileManager.default.removeItem(atPath: folder)  // it is in storage now, or the next start clears it away
    }

    func set(_ images: RawImagesRecord) { record.withLock { $0 = images } }

    func store(in storage: any Storage, folder uploads: UploadFolder, as datasetID: Int64) async throws {
        let target = try StoragePath.rawImages(of: datasetID)
        try HardLink.make(archive, "\(folder)/\(datasetID).zip")
        let files = try FileManager.default.subpathsOfDirectory(atPath: folder).filter { $0 != "images" }
        guard uploads.isStorage else { return try await send(files, to: target, in: storage) }
        for file in files { try OpenFile("\(folder)/\(file)", O_RDONLY).flush() }
        for inner in ["\(folder)/images", folder] { try OpenFile(inner, O_RDONLY | O_DIRECTORY).flush() }
        try await storage.rename(uploads.storagePath(folder), to: target)
        try OpenFile("\(uploads.root)/raw_images", O_RDONLY | O_DIRECTORY).flush()
    }

    private func send(_ files: [String], to target: StoragePath, in storage: any Storage) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, file) in files.enumerated() {
                if index >= storage.width { try await group.next() }
                let (source, name) = ("\(folder)/\(file)", try StoragePath("\(target.text)/\(file)"))
                group.addTask { try await storage.store(source, as: name) { _ in } }
            }
            try await group.waitForAll()
        }
    }

    func images(of datasetID: Int64) throws -> (record: RawImagesRecord, path: String)? {
        let path = try StoragePath.rawImages(of: datasetID).text
        return record.withLock { $0.map { ($0, path) } }
    }
}

/// A second name for a file.
enum HardLink {
    static func make(_ path: String, _ link: String) throws {
        guard Glibc.link(path, link) == 0 else { throw Failure.uploadFile("link", errno) }
    }
}

extension UploadFolder {
    /// A path of this folder, as storage names it.
    func storagePath(_ path: String) throws -> StoragePath { try StoragePath(String(path.dropFirst(root.count + 1))) }
}
