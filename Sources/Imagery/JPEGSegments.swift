/// The segments of a JPEG before its pixels: where EXIF, XMP and the pixel size are.
/// Source: https://www.w3.org/Graphics/JPEG/itu-t81.pdf (annex B)
struct JPEGSegments {
    /// From `Exif\0\0` on, as libexif wants it.
    private(set) var exif: [UInt8]?
    private(set) var xmp: [UInt8]?
    private(set) var width: Int?
    private(set) var height: Int?

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
            guard length >= 2, marker != 0xDA, marker != 0xD9 else { return }
            try take(marker, photo, at: offset + 4, count: length - 2)
            offset += 2 + length
        }
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
