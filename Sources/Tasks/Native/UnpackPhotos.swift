import Failures
import Foundation
import Imagery
public import NativeChild

/// Checks a set of raw photos and lays it out as ODM wants it, in a child process.
public struct UnpackPhotos: NativeWork {
    public static let name = "unpack photos"

    /// Removed when it is unpacked, where it is a copy.
    let source: RawPhotos.Source
    /// The ODM project folder; gets `images/` and RTK files.
    let project: String
    /// Photos that look further from straight down than this, in degrees, are left out. Unknown angles stay.
    var largestTilt = Preflight.largestTilt
    /// What the set is measured against before it is unpacked.
    var host = Preflight.Host()

    public func run(progress: @escaping (Double) -> Void) throws -> Output {
        var limits = UnpackLimits()
        limits.diskReserve = Int(host.diskReserve)
        var checked: Preflight?
        let unpacked = try ImageSet.unpack(
            path: source.path, into: project, limits: limits, choose: { $0.selection(largestTilt: largestTilt) },
            check: { set, selection throws(Failure) in
                let preflight = Preflight(set, selection, on: host)
                if let refusal = preflight.refusal { throw refusal }
                try preflight.checkDisk(of: project, on: host)
                checked = preflight
            }, progress: progress)
        // Linked or unpacked, its photos are in the project now: ODM needs the space.
        if source.isCopy { try FileManager.default.removeItem(atPath: source.path) }
        return try Output(unpacked, checked)
    }
}

extension UnpackPhotos {
    /// What the rest of the pipeline needs to know of the set: not its photos one by one.
    public struct Output: Codable, Sendable {
        /// Those that ODM gets; so are the megapixels, of all together and of the largest.
        var photos: Int
        var bytes: Int64
        var largestMegapixels: Double
        var megapixels: Double
        var rtk: RTKSummary?
        var acquired: ImageSet.Day?
        /// JSON, for `v2_raw_images.camera_metadata`.
        var cameraMetadata: String
        var warnings: [String]
        /// Photos of the set that ODM does not get: unreadable, tilted, doubled, or a band of a multispectral camera.
        var leftOut: Int
        /// Of the photos that ODM gets, those that state a position.
        var placed = 0
        /// Bytes that ODM is expected to want of memory, what it cannot do without, and of disk in its project folder.
        var estimatedMemory: Int64 = 0
        var leastMemory: Int64 = 0
        var estimatedDisk: Int64 = 0
        /// What ODM is expected to take, from earlier runs.
        var expectedSeconds: Double?
    }
}

extension UnpackPhotos.Output {
    init(_ unpacked: UnpackedSet, _ preflight: Preflight?) throws {
        let selection = preflight?.selection ?? unpacked.set.selection()
        let estimate = preflight?.estimate ?? ProcessingEstimate(selection.photos)
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        // Photos that only unpacking showed to be cut off count no more.
        let used = Set(unpacked.photos.map(\.name))
        try self.init(
            photos: unpacked.photos.count, bytes: Int64(unpacked.set.bytes),
            largestMegapixels: selection.largestMegapixels, megapixels: selection.megapixels, rtk: unpacked.set.rtk,
            acquired: unpacked.set.acquired,
            cameraMetadata: String(decoding: encoder.encode(unpacked.set.cameraMetadata), as: UTF8.self),
            warnings: unpacked.warnings + (preflight?.warnings ?? []),
            leftOut: unpacked.set.photos.count - unpacked.photos.count,
            placed: selection.photos.count { used.contains($0.name) && $0.isPlaced },
            estimatedMemory: Int64(estimate.memory), leastMemory: Int64(estimate.leastMemory),
            estimatedDisk: Int64(estimate.disk),
            expectedSeconds: preflight?.time.expected.map { Double($0.components.seconds) })
    }

    /// An earlier version's file has not all of it.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        photos = try values.decode(Int.self, forKey: .photos)
        bytes = try values.decode(Int64.self, forKey: .bytes)
        largestMegapixels = try values.decode(Double.self, forKey: .largestMegapixels)
        megapixels = try values.decode(Double.self, forKey: .megapixels)
        rtk = try values.decodeIfPresent(RTKSummary.self, forKey: .rtk)
        acquired = try values.decodeIfPresent(ImageSet.Day.self, forKey: .acquired)
        cameraMetadata = try values.decode(String.self, forKey: .cameraMetadata)
        warnings = try values.decode([String].self, forKey: .warnings)
        leftOut = try values.decode(Int.self, forKey: .leftOut)
        placed = try values.decodeIfPresent(Int.self, forKey: .placed) ?? 0
        estimatedMemory = try values.decodeIfPresent(Int64.self, forKey: .estimatedMemory) ?? 0
        leastMemory = try values.decodeIfPresent(Int64.self, forKey: .leastMemory) ?? 0
        estimatedDisk = try values.decodeIfPresent(Int64.self, forKey: .estimatedDisk) ?? 0
        expectedSeconds = try values.decodeIfPresent(Double.self, forKey: .expectedSeconds)
    }
}
