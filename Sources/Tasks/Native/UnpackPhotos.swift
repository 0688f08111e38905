import Failures
import Foundation
import Imagery
public import NativeChild

/// Lays a set of raw photos out as ODM wants them, in a child process.
public struct UnpackPhotos: NativeWork {
    public static let name = "unpack photos"

    /// A ZIP or a folder.
    let source: String
    /// The ODM project folder; gets `images/` and RTK files.
    let project: String
    /// Photos that look further from straight down than this, in degrees, are left out. Unknown angles stay.
    let largestTilt: Double

    /// What the rest of the pipeline needs to know of the set: not its photos one by one.
    public struct Output: Codable, Sendable {
        var photos: Int
        var bytes: Int64
        var largestMegapixels: Double
        var megapixels: Double
        var rtk: RTKSummary?
        var acquired: ImageSet.Day?
        /// JSON, for `v2_raw_images.camera_metadata`.
        var cameraMetadata: String
        var warnings: [String]
        /// Photos of the set that ODM does not get: tilted, doubled, or a band of a multispectral camera.
        var leftOut: Int
        /// Photos that state a position.
        var placed = 0
        /// Bytes that ODM is expected to want of memory, and of disk in its project folder.
        var estimatedMemory: Int64 = 0
        var estimatedDisk: Int64 = 0
    }

    public func run(progress: @escaping (Double) -> Void) throws -> Output {
        let unpacked = try ImageSet.unpack(
            path: source, into: project, choose: { $0.selection(largestTilt: largestTilt) }, progress: progress)
        let sizes = unpacked.set.photos.compactMap { photo in
            photo.metadata.width.flatMap { width in photo.metadata.height.map { Double(width * $0) / 1e6 } }
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let estimate = ProcessingEstimate(unpacked.set)
        return try Output(
            photos: unpacked.photos.count, bytes: Int64(unpacked.set.bytes), largestMegapixels: sizes.max() ?? 0,
            megapixels: unpacked.set.megapixels, rtk: unpacked.set.rtk, acquired: unpacked.set.acquired,
            cameraMetadata: String(decoding: encoder.encode(unpacked.set.cameraMetadata), as: UTF8.self),
            warnings: unpacked.warnings, leftOut: unpacked.set.photos.count - unpacked.photos.count,
            placed: unpacked.set.gps?.photos ?? 0, estimatedMemory: Int64(estimate.memory),
            estimatedDisk: Int64(estimate.disk))
    }

}
