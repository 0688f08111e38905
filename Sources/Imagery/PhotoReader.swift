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
    /// Throws `file_unreadable` when the file cannot be read, `photo_not_recognised` when its content is
    /// neither JPEG, TIFF, DNG nor PNG. Metadata that is damaged is no error: its fields are nil.
    public static func read(path: String) throws(Failure) -> PhotoFacts {
        let file = try RegularFile(path: path, followsLinks: true)
        return try read(size: file.size, name: file.name, isWhole: true, fetch: file.bytes)
    }

    /// Reads a photo, or its beginning, that is already in memory. `name` is for messages only.
    public static func read(head: [UInt8], name: String = "the photo") throws(Failure) -> PhotoFacts {
        try read(size: head.count, name: name, isWhole: false) { offset, count in
            guard offset < head.count else { return [] }
            return Array(head[offset..<min(head.count, offset + count)])
        }
    }

    /// `isWhole`: `fetch` reaches the photo's end cheaply, so that it can be checked.
    static func read(
        size: Int, name: String, isWhole: Bool, fetch: @escaping PhotoBytes.Fetch
    ) throws(Failure) -> PhotoFacts {
        do {
            let photo = try PhotoBytes(size: size, fetch: fetch)
            guard let format = PhotoFormat(magic: photo.head) else { throw Failure.photoNotRecognised(name) }
            return try facts(of: photo, format, isWhole: isWhole)
        } catch let failure as Failure {
            throw failure
        } catch {
            throw .fileUnreadable(name, detail: "\(error)")
        }
    }

    private static func facts(of photo: PhotoBytes, _ format: PhotoFormat, isWhole: Bool) throws -> PhotoFacts {
        var facts = PhotoFacts(format: format, metadata: PhotoMetadata(), tags: [:], warnings: [])
        switch format {
        case .jpeg:
            let segments = try JPEGSegments(photo)
            facts.metadata.width = segments.width
            facts.metadata.height = segments.height
            facts.add(exif: segments.exif, xmp: segments.xmp)
            if isWhole, try !segments.isWhole(photo) { facts.warnings.append(PhotoFacts.cutOff) }
        case .tiff, .dng:
            let structure = try TIFFStructure(photo)
            if structure.isDNG { facts.format = .dng }
            facts.metadata.width = structure.width
            facts.metadata.height = structure.height
            facts.add(exif: structure.exif, xmp: structure.xmp)
        case .png:
            let chunks = try PNGChunks(photo)
            facts.metadata.width = chunks.width
            facts.metadata.height = chunks.height
            facts.add(exif: chunks.exif, xmp: nil)
            if isWhole, try !PNGChunks.isWhole(photo) { facts.warnings.append(PhotoFacts.cutOff) }
        }
        facts.dropImpossibleSize()
        return facts
    }

}

extension PhotoFacts {
    /// The warning about a photo whose end is missing.
    static let cutOff = "it is cut off"

    /// Sizes are multiplied by everybody who reads them, so none may be absurd.
    fileprivate mutating func dropImpossibleSize() {
        let sane = 1...1_000_000
        guard let width = metadata.width, let height = metadata.height, sane.contains(width), sane.contains(height)
        else {
            metadata.width = nil
            metadata.height = nil
            return
        }
    }
}

extension PhotoMetadata {
    /// What the photo at `path` says about itself; see `PhotoReader.read(path:)` for what throws.
    public static func read(path: String) throws(Failure) -> PhotoMetadata {
        try PhotoReader.read(path: path).metadata
    }
}
