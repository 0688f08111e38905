/// The directories of a TIFF or DNG, brought together in one small EXIF block.
///
/// libexif wants all directories within 64 KiB; in a TIFF they may lie gigabytes apart. So this walks them,
/// copies every small value, and leaves the decoding to libexif. BigTIFF, which no camera writes, is not read.
/// Source: https://www.itu.int/itudoc/itu-t/com16/tiff-fx/docs/tiff6.pdf (section 2)
struct TIFFStructure {
    private(set) var exif: [UInt8]?
    private(set) var xmp: [UInt8]?
    private(set) var width: Int?
    private(set) var height: Int?
    private(set) var isDNG = false

    private let isBigEndian: Bool

    init(_ photo: PhotoBytes) throws {
        isBigEndian = photo.head.first == UInt8(ascii: "M")
        let header = ByteReader(photo.head.prefix(8), isBigEndian: isBigEndian)
        guard header.u16(2) == 42, let offset = header.u32(4),
            let image = try TIFFDirectory(photo, at: offset, isBigEndian: isBigEndian)
        else { return }
        isDNG = image.values[0xC612] != nil
        xmp = try image.bytes(of: 0x02BC, in: photo)
        try measure(image, photo)
        let exifDirectory = try image.pointers(0x8769).first.flatMap { try directory($0, photo) }
        let gpsDirectory = try image.pointers(0x8825).first.flatMap { try directory($0, photo) }
        exif = EXIFBlockBuilder(isBigEndian: isBigEndian).block(image: image, exif: exifDirectory, gps: gpsDirectory)
    }

    private func directory(_ offset: Int, _ photo: PhotoBytes) throws -> TIFFDirectory? {
        try TIFFDirectory(photo, at: offset, isBigEndian: isBigEndian)
    }

    /// The size of the largest full image: in a DNG the first directory is often a thumbnail.
    private mutating func measure(_ image: TIFFDirectory, _ photo: PhotoBytes) throws {
        let others = try image.pointers(0x014A).prefix(8).compactMap { try directory($0, photo) }
        for candidate in [image] + others {
            guard let width = candidate.integer(0x0100), let height = candidate.integer(0x0101),
                (1...1_000_000).contains(width), (1...1_000_000).contains(height),
                width * height > (self.width ?? 0) * (self.height ?? 0)
            else { continue }
            self.width = width
            self.height = height
        }
    }
}

/// One directory of a TIFF: its entries as written, with the values that are small.
struct TIFFDirectory {
    struct Value {
        let type: Int
        let count: Int
        /// The value's bytes in the file's order; nil for what is too long to be worth keeping.
        let bytes: [UInt8]?
        /// Where a long value lies.
        let offset: Int
        let size: Int
    }

    private(set) var values: [UInt16: Value] = [:]
    private let isBigEndian: Bool

    private static let maximumEntries = 500
    private static let maximumValueSize = 2048
    /// Bytes per element of TIFF's types 1 to 13.
    private static let widths = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4]

    init?(_ photo: PhotoBytes, at offset: Int, isBigEndian: Bool) throws {
        self.isBigEndian = isBigEndian
        guard let start = try photo.bytes(at: offset, count: 2),
            let count = ByteReader(start, isBigEndian: isBigEndian).u16(0), (1...Self.maximumEntries).contains(count),
            let table = try photo.bytes(at: offset + 2, count: count * 12).map(Array.init)
        else { return nil }
        for index in 0..<count {
            let entry = ByteReader(table[(index * 12)..<(index * 12 + 12)], isBigEndian: isBigEndian)
            guard let tag = entry.u16(0), let value = try Self.value(entry, photo) else { continue }
            values[UInt16(tag)] = value
        }
    }

    private static func value(_ entry: ByteReader, _ photo: PhotoBytes) throws -> Value? {
        guard let type = entry.u16(2), widths.indices.contains(type), type > 0,
            let count = entry.u32(4), let offset = entry.u32(8), count > 0
        else { return nil }
        let size = count * widths[type]
        if size <= 4 {
            let bytes = Array(entry.bytes.dropFirst(8).prefix(size))
            return Value(type: type, count: count, bytes: bytes, offset: offset, size: size)
        }
        let bytes = size <= maximumValueSize ? try photo.bytes(at: offset, count: size).map(Array.init) : nil
        return Value(type: type, count: count, bytes: bytes, offset: offset, size: size)
    }

    /// The offsets that a pointer tag holds.
    func pointers(_ tag: UInt16) -> [Int] {
        guard let value = values[tag], let bytes = value.bytes, value.type == 4 || value.type == 13 else { return [] }
        let reader = ByteReader(bytes[...], isBigEndian: isBigEndian)
        return (0..<value.count).compactMap { reader.u32($0 * 4) }
    }

    func integer(_ tag: UInt16) -> Int? {
        guard let value = values[tag], let bytes = value.bytes else { return nil }
        let reader = ByteReader(bytes[...], isBigEndian: isBigEndian)
        return value.type == 3 ? reader.u16(0) : value.type == 4 ? reader.u32(0) : nil
    }

    /// The bytes of a value of any length that one window holds.
    func bytes(of tag: UInt16, in photo: PhotoBytes) throws -> [UInt8]? {
        guard let value = values[tag] else { return nil }
        if let bytes = value.bytes { return bytes }
        return try photo.bytes(at: value.offset, count: min(value.size, PhotoBytes.windowSize)).map(Array.init)
    }
}
