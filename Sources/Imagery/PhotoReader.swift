public import Failures
import Foundation

/// What reading one photo's head gives.
public struct PhotoFacts: Codable, Equatable, Sendable {
    public var format: PhotoFormat
    public var metadata: PhotoMetadata
    /// Every readable EXIF tag by its name, without maker notes and thumbnails. GPS positions are signed
    /// degrees, GPSAltitude is signed metres.
    public var tags: [String: TagValue]
    /// Sentences about what the photo gets wrong, e.g. a position without hemisphere.
    public var warnings: [String]
}

/// Reads what photos say about themselves, from their first 64 KiB and what those point to.
public enum PhotoReader {
    /// Reads the photo at `path`. Never follows the bytes beyond a few MiB, whatever they claim.
    ///
    /// Throws `photo_unreadable` when the file cannot be read, `photo_not_recognised` when its content is
    /// neither JPEG, TIFF, DNG nor PNG. Metadata that is damaged is no error: its fields are nil.
    public static func read(path: String) throws(Failure) -> PhotoFacts {
        let file = try PhotoFile(path: path)
        return try read(size: file.size, name: file.name, fetch: file.bytes)
    }

    /// Reads a photo, or its beginning, that is already in memory. `name` is for messages only.
    public static func read(head: [UInt8], name: String = "the photo") throws(Failure) -> PhotoFacts {
        try read(size: head.count, name: name) { offset, count in
            guard offset < head.count else { return [] }
            return Array(head[offset..<min(head.count, offset + count)])
        }
    }

    /// `fetch` throws nothing but `Failure`.
    static func read(size: Int, name: String, fetch: @escaping PhotoBytes.Fetch) throws(Failure) -> PhotoFacts {
        do {
            let photo = try PhotoBytes(size: size, fetch: fetch)
            guard let format = PhotoFormat(magic: photo.head) else { throw Failure.photoNotRecognised(name) }
            return try facts(of: photo, format)
        } catch let failure as Failure {
            throw failure
        } catch {
            throw .photoUnreadable(name, detail: "\(error)")
        }
    }

    private static func facts(of photo: PhotoBytes, _ format: PhotoFormat) throws -> PhotoFacts {
        var facts = PhotoFacts(format: format, metadata: PhotoMetadata(), tags: [:], warnings: [])
        switch format {
        case .jpeg:
            let segments = try JPEGSegments(photo)
            facts.metadata.width = segments.width
            facts.metadata.height = segments.height
            facts.add(exif: segments.exif, xmp: segments.xmp)
        case .tiff, .dng:
            break
        case .png:
            break
        }
        return facts
    }
}

extension PhotoMetadata {
    /// What the photo at `path` says about itself; see `PhotoReader.read(path:)` for what throws.
    public static func read(path: String) throws(Failure) -> PhotoMetadata {
        try PhotoReader.read(path: path).metadata
    }
}
