public import DB
import Failures
import Foundation
import Imagery
public import NativeChild
public import Raster

/// Makes sure that an uploaded GeoTIFF is one, and whole, in a child process.
///
/// - Throws: `raster_…`.
public struct CheckUploadedRaster: NativeWork {
    public static let name = "check uploaded raster"
    let path: String

    /// - Parameter path: of the upload, whatever its name.
    public init(path: String) { self.path = path }

    public func run(progress: @escaping (Double) -> Void) throws -> OrthophotoCheck {
        defer { progress(1) }
        return try Orthophoto.checkWhole(path)
    }
}

/// Checks an uploaded ZIP of raw photos and unpacks it, in a child process.
///
/// - Throws: `zip_…`, `too_few_photos`, `set_too_large`, `file_too_large`, `disk_full`.
public struct UnpackUploadedPhotos: NativeWork {
    public static let name = "unpack uploaded photos"
    let archive: String
    let folder: String
    let diskReserve: Int64

    /// - Parameters:
    ///   - archive: the ZIP, whatever its name.
    ///   - folder: gets `images/`, with RTK and control files beside it.
    ///   - diskReserve: bytes that stay free.
    public init(archive: String, folder: String, diskReserve: Int64) {
        self.archive = archive
        self.folder = folder
        self.diskReserve = diskReserve
    }

    /// What `v2_raw_images` keeps of the set.
    public struct Output: Codable, Sendable {
        public var record: RawImagesRecord
        /// Whole sentences for the researcher.
        public var warnings: [String]
    }

    public func run(progress: @escaping (Double) -> Void) throws -> Output {
        var limits = UnpackLimits()
        limits.diskReserve = Int(diskReserve)
        let unpacked = try ImageSet.unpack(path: archive, into: folder, limits: limits, progress: progress)
        let (set, encoder) = (unpacked.set, JSONEncoder())
        encoder.outputFormatting = .sortedKeys
        let metadata = String(decoding: try encoder.encode(set.cameraMetadata), as: UTF8.self)
        return Output(
            record: RawImagesRecord(
                imageCount: set.photos.count, bytes: Int64(set.bytes), hasRTK: set.rtk != nil,
                rtkPrecision: set.rtk?.precision, rtkQuality: set.rtk?.quality, rtkFileCount: set.rtk?.fileCount ?? 0,
                cameraMetadata: metadata,
                acquired: set.acquired.map { .init(year: $0.year, month: $0.month, day: $0.day) }),
            warnings: unpacked.warnings)
    }
}
