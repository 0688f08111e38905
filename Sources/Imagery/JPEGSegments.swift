/// The segments of a JPEG before its pixels: where EXIF, XMP and the pixel size are.
/// Source: https://www.w3.org/Graphics/JPEG/itu-t81.pdf (annex B)
struct JPEGSegments {
    /// From `Exif\0\0` on, as libexif wants it.
    private(set) var exif: [UInt8]?
    private(set) var xmp: [UInt8]?
    private(set) var width: Int?
    private(set) var height: Int?
    /// Where the pixels begin; nil where they were not found.
    private var pixels: Int?

    private static let exifSignature = Array("Exif\0\0".utf8)
    private static let xmpSignature = Array("http://ns.adobe.com/xap/1.0/\0".utf8)
    /// More segments than any camera writes: a thermal photo has about 30.
    private static let maximumSegments = 400

    init(_ photo: PhotoBytes) throws {
        var offset = 2
        for _ in 0..<Self.maximumSegments {
            guard let start = try photo.bytes(at: offset, count: 4).map(Array.init), start[0] == 0xFF else { return }
            let marker = start[1]
            if marker == 0xFF {  // a fill byte
                offset += 1
                continue
            }
            // Standalone markers carry no length.
            if marker == 0x01 || (0xD0...0xD8).contains(marker) {
                offset += 2
                continue
            }
            let length = Int(start[2]) << 8 | Int(start[3])
            if marker == 0xDA { pixels = offset + 2 }
            guard length >= 2, marker != 0xDA, marker != 0xD9 else { return }
            try take(marker, photo, at: offset + 4, count: length - 2)
            offset += 2 + length
        }
    }

    /// Whether there is an end-of-image marker behind the pixels. Mostly it is at the end of the file; some cameras
    /// append previews and films, and then all of the file is looked through. Within pixels there is none by design.
    func isWhole(_ photo: PhotoBytes) throws -> Bool {
        guard let pixels else { return false }
        if try Self.hasEnd(photo, from: max(pixels, photo.size - (16 << 10)), to: photo.size) { return true }
        return try Self.hasEnd(photo, from: pixels, to: photo.size)
    }

    private static func hasEnd(_ photo: PhotoBytes, from start: Int, to end: Int) throws -> Bool {
        var offset = start
        while offset + 1 < end {
            let bytes = try photo.passing(at: offset, count: min(64 << 10, end - offset))
            guard bytes.count > 1 else { return false }
            // From behind, where it is mostly.
            let isThere = bytes.withUnsafeBytes { bytes in
                (1..<bytes.count).reversed().contains { bytes[$0] == 0xD9 && bytes[$0 - 1] == 0xFF }
            }
            if isThere { return true }
            offset += bytes.count - 1
        }
        return false
    }

    private mutating func take(_ marker: UInt8, _ photo: PhotoBytes, at offset: Int, count: Int) throws {
        switch marker {
        case 0xE1:
            guard let body = try photo.bytes(at: offset, count: count) else { return }
            if exif == nil, body.starts(with: Self.exifSignature) { exif = Array(body) }
            if xmp == nil, body.starts(with: Self.xmpSignature) {
                xmp = Array(body.dropFirst(Self.xmpSignature.count))
            }
        case 0xC0...0xCF where ![0xC4, 0xC8, 0xCC].contains(marker):
            guard let frame = try photo.bytes(at: offset, count: 5).map(Array.init) else { return }
            height = Int(frame[1]) << 8 | Int(frame[2])
            width = Int(frame[3]) << 8 | Int(frame[4])
        default:
            break
        }
    }
}
