/// Small photos with metadata, made here: what tests use where real ones are not needed.
struct TestPhoto {
    var make = "Testcam"
    var model = "T1"
    var taken = "2024:05:17 10:20:30"
    /// Degrees as a fraction of 10,000, and hemisphere.
    var latitude: (Int, String)? = (478_000, "N")
    var longitude: (Int, String)? = (78_500, "E")
    var iso = 100
    /// Makes photos differ.
    var seed = 0
    /// Bytes of made-up picture.
    var bulk = 600
    var xmp: String?
    var isBigEndian = false

    func jpeg() -> [UInt8] {
        let exif = segment(0xE1, Array("Exif\0\0".utf8) + tiff())
        let packet = xmp.map { segment(0xE1, Array("http://ns.adobe.com/xap/1.0/\0".utf8) + Array($0.utf8)) } ?? []
        let frame = segment(0xC0, [8, 0, 30, 0, 40, 1, 1, 0x11, 0])
        return [0xFF, 0xD8] + exif + packet + frame + segment(0xDA, [1, 1, 0, 0, 63, 0]) + picture() + [0xFF, 0xD9]
    }

    /// A TIFF whose directories lie behind `gap` bytes; a DNG when `isDNG`, its full picture in a sub-directory.
    func tiff(gap: Int = 0, isDNG: Bool = false) -> [UInt8] {
        var writer = TIFFWriter(isBigEndian: isBigEndian, gap: gap)
        let gps = latitude.flatMap { latitude in
            longitude.map { longitude in
                writer.directory([
                    .text(1, latitude.1), .rationals(2, [(latitude.0, 10_000), (0, 1), (0, 1)]),
                    .text(3, longitude.1), .rationals(4, [(longitude.0, 10_000), (0, 1), (0, 1)]),
                    .byte(5, 0), .rationals(6, [(3505, 10)]),
                ])
            }
        }
        let exif = writer.directory([
            .short(0x8827, iso), .text(0x9003, taken), .rationals(0x920A, [(88, 10)]), .short(0xA405, 24),
        ])
        var image: [TIFFWriter.Field] = [
            .short(0x0100, 40), .short(0x0101, 30), .text(0x010F, make), .text(0x0110, model), .short(0x0112, 1),
            .text(0x0132, taken),
        ]
        if isDNG {
            image += [.long(0x014A, writer.directory([.short(0x0100, 400), .short(0x0101, 300)]))]
            image += [.bytes(0xC612, [1, 4, 0, 0])]
        }
        image += [.long(0x8769, exif)] + (gps.map { [.long(0x8825, $0)] } ?? [])
        writer.first = writer.directory(image.sorted { $0.tag < $1.tag })
        return writer.bytes
    }

    private func segment(_ marker: UInt8, _ body: [UInt8]) -> [UInt8] {
        [0xFF, marker, UInt8((body.count + 2) >> 8), UInt8((body.count + 2) & 0xFF)] + body
    }

    private func picture() -> [UInt8] {
        var random = SplitMix(state: UInt64(seed) &+ 99)
        return (0..<bulk).map { _ in UInt8(random.below(255)) }
    }
}

/// Writes TIFF structures.
struct TIFFWriter {
    struct Field {
        let tag: Int
        let type: Int
        let count: Int
        let numbers: [Int]
        let width: Int

        static func text(_ tag: Int, _ text: String) -> Field {
            Field(tag: tag, type: 2, count: text.utf8.count + 1, numbers: text.utf8.map(Int.init) + [0], width: 1)
        }
        static func byte(_ tag: Int, _ value: Int) -> Field { bytes(tag, [value]) }
        static func bytes(_ tag: Int, _ values: [Int]) -> Field {
            Field(tag: tag, type: 1, count: values.count, numbers: values, width: 1)
        }
        static func short(_ tag: Int, _ value: Int) -> Field {
            Field(tag: tag, type: 3, count: 1, numbers: [value], width: 2)
        }
        static func long(_ tag: Int, _ value: Int) -> Field {
            Field(tag: tag, type: 4, count: 1, numbers: [value], width: 4)
        }
        static func rationals(_ tag: Int, _ values: [(Int, Int)]) -> Field {
            Field(tag: tag, type: 5, count: values.count, numbers: values.flatMap { [$0.0, $0.1] }, width: 4)
        }
    }

    private let isBigEndian: Bool
    private var body: [UInt8]
    var first = 8

    init(isBigEndian: Bool, gap: Int) {
        self.isBigEndian = isBigEndian
        body = [UInt8](repeating: 0, count: 8 + gap)
    }

    var bytes: [UInt8] {
        Array((isBigEndian ? "MM" : "II").utf8) + number(42, 2) + number(first, 4) + body.dropFirst(8)
    }

    /// Appends a directory, and returns where it begins.
    mutating func directory(_ fields: [Field]) -> Int {
        let start = body.count
        var tail: [UInt8] = []
        let tailStart = start + 2 + fields.count * 12 + 4
        body += number(fields.count, 2)
        for field in fields {
            let value = field.numbers.flatMap { number($0, field.width) }
            body += number(field.tag, 2) + number(field.type, 2) + number(field.count, 4)
            if value.count <= 4 {
                body += value + [UInt8](repeating: 0, count: 4 - value.count)
            } else {
                body += number(tailStart + tail.count, 4)
                tail += value
            }
        }
        body += number(0, 4) + tail
        return start
    }

    private func number(_ value: Int, _ width: Int) -> [UInt8] {
        let little = (0..<width).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
        return isBigEndian ? little.reversed() : little
    }
}
