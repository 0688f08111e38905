/// The chunks of a PNG before its pixels. Source: https://www.w3.org/TR/png-3/
struct PNGChunks {
    private(set) var exif: [UInt8]?
    private(set) var width: Int?
    private(set) var height: Int?

    private static let maximumChunks = 100

    /// Whether the last chunk, which says that it is, is in the last 16 KiB.
    static func isWhole(_ photo: PhotoBytes) throws -> Bool {
        let count = min(photo.size, 16 << 10)
        let tail = try photo.passing(at: photo.size - count, count: count)
        return String(decoding: tail, as: Unicode.ASCII.self).contains("IEND")
    }

    init(_ photo: PhotoBytes) throws {
        var offset = 8
        for _ in 0..<Self.maximumChunks {
            guard let start = try photo.bytes(at: offset, count: 8),
                let length = ByteReader(start, isBigEndian: true).u32(0)
            else { return }
            switch String(decoding: start.dropFirst(4), as: UTF8.self) {
            case "IHDR":
                guard let header = try photo.bytes(at: offset + 8, count: 8) else { return }
                width = ByteReader(header, isBigEndian: true).u32(0)
                height = ByteReader(header, isBigEndian: true).u32(4)
            case "eXIf":
                exif = try photo.bytes(at: offset + 8, count: length).map { Array("Exif\0\0".utf8) + $0 }
            case "IDAT", "IEND":
                return
            default:
                break
            }
            offset += 12 + length
        }
    }
}
