/// Writes the tag directories of TIFF, which EXIF is made of: little-endian, as DJI's cameras do.
///
/// Source: https://www.cipa.jp/std/documents/download_e.html?DC-008-Translation-2023-E
struct TIFFTags {
    enum Value {
        case bytes([UInt8])
        case ascii(String)
        case short(UInt16)
        case long(UInt32)
        case rationals([(UInt32, UInt32)])
        case undefined([UInt8])
        /// Another directory; the tag holds its place.
        case directory([(tag: UInt16, value: Value)])
    }

    /// A whole TIFF block with one directory and those inside it. Tags must be in ascending order.
    static func block(_ directory: [(tag: UInt16, value: Value)]) -> [UInt8] {
        var bytes: [UInt8] = Array("II".utf8) + little(UInt16(42)) + little(UInt32(8))
        append(directory, to: &bytes)
        return bytes
    }

    private static func append(_ directory: [(tag: UInt16, value: Value)], to bytes: inout [UInt8]) {
        let start = bytes.count
        bytes += little(UInt16(directory.count))
        bytes += [UInt8](repeating: 0, count: directory.count * 12 + 4)
        for (index, entry) in directory.enumerated() {
            let place = start + 2 + index * 12
            let head = little(entry.tag) + little(entry.value.type) + little(UInt32(entry.value.count))
            bytes.replaceSubrange(place..<place + 8, with: head)
            var content = entry.value.content
            if case .directory(let inner) = entry.value {
                content = little(UInt32(bytes.count))
                append(inner, to: &bytes)
            } else if content.count > 4 {
                let offset = little(UInt32(bytes.count))
                bytes += content + (content.count.isMultiple(of: 2) ? [] : [0])
                content = offset
            }
            bytes.replaceSubrange(place + 8..<place + 8 + content.count, with: content)
        }
    }
}

func little<Integer: FixedWidthInteger>(_ value: Integer) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
}

extension TIFFTags.Value {
    fileprivate var type: UInt16 {
        switch self {
        case .bytes: 1
        case .ascii: 2
        case .short: 3
        case .long, .directory: 4
        case .rationals: 5
        case .undefined: 7
        }
    }

    /// Of values, not of bytes.
    fileprivate var count: Int {
        switch self {
        case .bytes(let bytes), .undefined(let bytes): bytes.count
        case .ascii(let text): text.utf8.count + 1
        case .short, .long, .directory: 1
        case .rationals(let list): list.count
        }
    }

    fileprivate var content: [UInt8] {
        switch self {
        case .bytes(let bytes), .undefined(let bytes): bytes
        case .ascii(let text): Array(text.utf8) + [0]
        case .short(let value): little(value)
        case .long(let value): little(value)
        case .rationals(let list): list.flatMap { little($0.0) + little($0.1) }
        case .directory: []
        }
    }
}
