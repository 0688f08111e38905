/// Writes directories into one EXIF block, as it stands in a JPEG.
struct EXIFBlockBuilder {
    let isBigEndian: Bool

    /// libexif reads no further.
    private static let maximumSize = 60_000
    private static let exifPointer: UInt16 = 0x8769
    private static let gpsPointer: UInt16 = 0x8825
    /// Pointers into the original file, long tables, maker notes and XMP: useless or read elsewhere.
    private static let leftOut: Set<UInt16> = [
        0x0111, 0x0117, 0x0144, 0x0145, 0x014A, 0x0201, 0x0202, 0x02BC, 0x8769, 0x8825, 0x927C, 0xA005, 0xC634,
    ]

    /// `Exif\0\0` and a TIFF structure. Nil when the directories together are larger than a block may be.
    func block(image: TIFFDirectory, exif: TIFFDirectory?, gps: TIFFDirectory?) -> [UInt8]? {
        var tiff: [UInt8] = Array((isBigEndian ? "MM" : "II").utf8) + number(42, 2) + number(8, 4)
        var pointers: [UInt16: Int] = [:]
        // The image directory comes first, so where the others begin is known only after its size is.
        var next = tiff.count + size(of: image, pointers: (exif == nil ? 0 : 1) + (gps == nil ? 0 : 1))
        if let exif {
            pointers[Self.exifPointer] = next
            next += size(of: exif, pointers: 0)
        }
        if gps != nil { pointers[Self.gpsPointer] = next }
        append(image, pointers, to: &tiff)
        if let exif { append(exif, [:], to: &tiff) }
        if let gps { append(gps, [:], to: &tiff) }
        guard tiff.count <= Self.maximumSize else { return nil }
        return Array("Exif\0\0".utf8) + tiff
    }

    private func kept(_ directory: TIFFDirectory) -> [(tag: UInt16, value: TIFFDirectory.Value, bytes: [UInt8])] {
        directory.values.sorted { $0.key < $1.key }.compactMap { tag, value in
            guard !Self.leftOut.contains(tag), let bytes = value.bytes else { return nil }
            return (tag, value, bytes)
        }
    }

    private func size(of directory: TIFFDirectory, pointers: Int) -> Int {
        let entries = kept(directory)
        return 2 + (entries.count + pointers) * 12 + 4
            + entries.reduce(0) { $0 + ($1.bytes.count > 4 ? $1.bytes.count : 0) }
    }

    private func append(_ directory: TIFFDirectory, _ pointers: [UInt16: Int], to tiff: inout [UInt8]) {
        let entries = kept(directory)
        let count = entries.count + pointers.count
        var tail: [UInt8] = []
        let tailStart = tiff.count + 2 + count * 12 + 4
        tiff += number(count, 2)
        for entry in entries {
            tiff += number(Int(entry.tag), 2) + number(entry.value.type, 2) + number(entry.value.count, 4)
            if entry.bytes.count <= 4 {
                tiff += entry.bytes + [UInt8](repeating: 0, count: 4 - entry.bytes.count)
            } else {
                tiff += number(tailStart + tail.count, 4)
                tail += entry.bytes
            }
        }
        for (tag, offset) in pointers.sorted(by: { $0.key < $1.key }) {
            tiff += number(Int(tag), 2) + number(4, 2) + number(1, 4) + number(offset, 4)
        }
        tiff += number(0, 4) + tail
    }

    private func number(_ value: Int, _ width: Int) -> [UInt8] {
        let littleEndian = (0..<width).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
        return isBigEndian ? littleEndian.reversed() : littleEndian
    }
}
