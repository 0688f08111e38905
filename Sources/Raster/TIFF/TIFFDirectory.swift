import Failures

/// A TIFF directory: what one image in the file is, and where its tiles lie.
struct TIFFDirectory: Equatable {
    private var fields: [TIFFField.Tag: TIFFField] = [:]

    init(_ fields: [TIFFField] = []) { for field in fields { set(field) } }

    mutating func set(_ field: TIFFField) { fields[field.tag] = field }

    subscript(tag: TIFFField.Tag) -> TIFFField? { fields[tag] }

    /// The directory as it lies in a file, followed by the values that do not fit into it.
    /// - Parameters:
    ///   - offset: where in the file it will lie.
    ///   - next: where the next one will lie; 0 for the last.
    func bytes(at offset: Int, next: Int, isBig: Bool) -> [UInt8] {
        let form = TIFFForm(isBig: isBig)
        var head = form.entryCount(fields.count), tail: [UInt8] = []
        let tailStart = offset + form.directorySize(fields.count)
        for field in fields.values.sorted(by: { $0.tag < $1.tag }) {
            head += littleEndian(field.tag.rawValue) + littleEndian(field.kind.rawValue) + form.offset(field.count)
            if field.bytes.count <= form.offsetSize {
                head += field.bytes + [UInt8](repeating: 0, count: form.offsetSize - field.bytes.count)
            } else {
                // Values begin at even places.
                if tail.count % 2 == 1 { tail.append(0) }
                head += form.offset(tailStart + tail.count)
                tail += field.bytes
            }
        }
        return head + form.offset(next) + tail
    }

    /// Bytes of all, which do not depend on where it lies.
    func size(isBig: Bool) -> Int { bytes(at: 0, next: 0, isBig: isBig).count }
}

/// What differs between the classic form, up to 4 GiB, and BigTIFF.
struct TIFFForm {
    let isBig: Bool

    var offsetSize: Int { isBig ? 8 : 4 }
    var headerSize: Int { isBig ? 16 : 8 }

    func offset(_ value: Int) -> [UInt8] { isBig ? littleEndian(UInt64(value)) : littleEndian(UInt32(value)) }
    func entryCount(_ count: Int) -> [UInt8] { isBig ? littleEndian(UInt64(count)) : littleEndian(UInt16(count)) }
    func directorySize(_ count: Int) -> Int { (isBig ? 8 : 2) + count * (isBig ? 20 : 12) + offsetSize }

    /// The first bytes of a file.
    func header(firstDirectory: Int) -> [UInt8] {
        Array("II".utf8) + (isBig ? littleEndian(UInt16(43)) + [8, 0, 0, 0] : littleEndian(UInt16(42)))
            + offset(firstDirectory)
    }
}

extension TIFFDirectory {
    /// Reads the first directory of a small file that GDAL wrote for us: classic and little-endian.
    /// - Throws: `raster_not_written` when it is none; `name` is the file that it was made for.
    init(readingSketch bytes: [UInt8], for name: String) throws {
        let reader = SketchReader(bytes: bytes)
        guard reader.value(0, 4) == 0x002a_4949, let start = reader.value(4, 4), let count = reader.value(start, 2)
        else { throw Failure.rasterNotWritten(name, detail: "the sketch of the file is no TIFF") }
        for index in 0..<count {
            let entry = start + 2 + index * 12
            guard let tag = reader.value(entry, 2), let code = reader.value(entry + 2, 2),
                let kind = TIFFField.Kind(rawValue: UInt16(code)), let values = reader.value(entry + 4, 4),
                let place = values * kind.size <= 4 ? entry + 8 : reader.value(entry + 8, 4),
                let content = reader.slice(place, values * kind.size)
            else { throw Failure.rasterNotWritten(name, detail: "the sketch of the file has an odd entry \(index)") }
            set(TIFFField(TIFFField.Tag(rawValue: UInt16(tag)), kind, bytes: content))
        }
    }

    private struct SketchReader {
        let bytes: [UInt8]

        func slice(_ start: Int, _ count: Int) -> [UInt8]? {
            start >= 0 && start + count <= bytes.count ? Array(bytes[start..<start + count]) : nil
        }

        func value(_ start: Int, _ count: Int) -> Int? {
            slice(start, count)?.reversed().reduce(0) { $0 << 8 | Int($1) }
        }
    }
}
