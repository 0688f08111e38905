import CLibExif

/// The bytes of one EXIF entry, and what they mean.
struct ExifRawValue {
    let tag: UInt16
    let count: Int
    let bytes: UnsafeBufferPointer<UInt8>
    let order: ExifByteOrder

    /// Longer lists are tables (colour matrices, tile offsets) that nobody reads.
    private static let maximumListLength = 16
    private static let makerNote: UInt16 = 0x927C
    private static let userComment: UInt16 = 0x9286
    /// XPTitle to XPSubject: UTF-16, little endian, whatever the block's order.
    private static let windowsTexts: ClosedRange<UInt16> = 0x9C9B...0x9C9F

    /// Nil for what is no value: maker notes, binary, rationals without a denominator, empty texts.
    func decoded(_ format: ExifFormat) -> TagValue? {
        guard tag != Self.makerNote else { return nil }
        if Self.windowsTexts.contains(tag) { return windowsText() }
        switch format {
        case EXIF_FORMAT_ASCII:
            return text(bytes.prefix { $0 != 0 })
        case EXIF_FORMAT_UNDEFINED:
            guard bytes.count <= 4096 else { return nil }
            return tag == Self.userComment ? text(bytes.dropFirst(8).prefix { $0 != 0 }) : printable()
        default:
            return numbers(format)
        }
    }

    private func text(_ bytes: some Collection<UInt8>) -> TagValue? {
        TagValue.clean(String(decoding: bytes.prefix(4096), as: UTF8.self)).map(TagValue.text)
    }

    /// Bytes of undefined type are text only when every one of them is (versions are, e.g. `0230`).
    private func printable() -> TagValue? {
        let content = bytes.prefix { $0 != 0 }
        return content.allSatisfy { (0x20..<0x7F).contains($0) } ? text(content) : nil
    }

    private func windowsText() -> TagValue? {
        let units = stride(from: 0, to: min(bytes.count, 4096) - 1, by: 2).map {
            UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8
        }
        return TagValue.clean(String(decoding: units.prefix { $0 != 0 }, as: UTF16.self)).map(TagValue.text)
    }

    private func numbers(_ format: ExifFormat) -> TagValue? {
        let width = Int(exif_format_get_size(format))
        // Checked here, and not left to libexif, because the loop below reads through a raw pointer.
        guard width > 0, let base = bytes.baseAddress, (1...Self.maximumListLength).contains(count),
            count * width <= bytes.count
        else { return nil }
        let values = (0..<count).map { number(base + $0 * width, format) }
        let finite = values.compactMap { $0 }
        guard finite.count == count else { return nil }
        return count == 1 ? .number(finite[0]) : .numbers(finite)
    }

    private func number(_ at: UnsafePointer<UInt8>, _ format: ExifFormat) -> Double? {
        switch format {
        case EXIF_FORMAT_BYTE: Double(at.pointee)
        case EXIF_FORMAT_SBYTE: Double(Int8(bitPattern: at.pointee))
        case EXIF_FORMAT_SHORT: Double(exif_get_short(at, order))
        case EXIF_FORMAT_SSHORT: Double(exif_get_sshort(at, order))
        case EXIF_FORMAT_LONG: Double(exif_get_long(at, order))
        case EXIF_FORMAT_SLONG: Double(exif_get_slong(at, order))
        case EXIF_FORMAT_RATIONAL: quotient(exif_get_rational(at, order))
        case EXIF_FORMAT_SRATIONAL: quotient(exif_get_srational(at, order))
        case EXIF_FORMAT_FLOAT: finite(Double(Float(bitPattern: exif_get_long(at, order))))
        case EXIF_FORMAT_DOUBLE: finite(Double(bitPattern: eightBytes(at)))
        default: nil
        }
    }

    private func quotient(_ value: ExifRational) -> Double? {
        value.denominator == 0 ? nil : Double(value.numerator) / Double(value.denominator)
    }

    private func quotient(_ value: ExifSRational) -> Double? {
        value.denominator == 0 ? nil : Double(value.numerator) / Double(value.denominator)
    }

    private func finite(_ value: Double) -> Double? { value.isFinite ? value : nil }

    private func eightBytes(_ at: UnsafePointer<UInt8>) -> UInt64 {
        let halves = (UInt64(exif_get_long(at, order)), UInt64(exif_get_long(at + 4, order)))
        return order == EXIF_BYTE_ORDER_MOTOROLA ? halves.0 << 32 | halves.1 : halves.1 << 32 | halves.0
    }
}
