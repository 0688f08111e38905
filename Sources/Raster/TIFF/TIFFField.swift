/// One entry of a TIFF directory: a tag and its values as little-endian bytes.
/// Source: TIFF 6.0; for BigTIFF http://bigtiff.org (the types from 16 on)
struct TIFFField: Equatable {
    enum Kind: UInt16 {
        case byte = 1
        case ascii, short, long, rational
        case undefined = 7
        case double = 12
        case long8 = 16

        /// Bytes of one value.
        var size: Int {
            switch self {
            case .byte, .ascii, .undefined: 1
            case .short: 2
            case .long: 4
            case .rational, .double, .long8: 8
            }
        }
    }

    let tag: Tag
    let kind: Kind
    let bytes: [UInt8]

    var count: Int { bytes.count / kind.size }

    init(_ tag: Tag, _ kind: Kind, bytes: [UInt8]) { (self.tag, self.kind, self.bytes) = (tag, kind, bytes) }

    init(_ tag: Tag, short values: [UInt16]) {
        self.init(tag, .short, bytes: values.flatMap { littleEndian($0) })
    }

    init(_ tag: Tag, long values: [UInt32]) {
        self.init(tag, .long, bytes: values.flatMap { littleEndian($0) })
    }

    /// Offsets into a file, or sizes: 8 bytes each where the file is a BigTIFF.
    init(_ tag: Tag, offsets: [Int], isBig: Bool) {
        self =
            isBig
            ? TIFFField(tag, .long8, bytes: offsets.flatMap { littleEndian(UInt64($0)) })
            : TIFFField(tag, long: offsets.map { UInt32($0) })
    }

    /// A tag's number. Those of ours have names; the rest comes from files that GDAL made.
    struct Tag: RawRepresentable, Hashable, Comparable {
        let rawValue: UInt16

        static let subfileType = Tag(rawValue: 254)
        static let imageWidth = Tag(rawValue: 256)
        static let imageLength = Tag(rawValue: 257)
        static let bitsPerSample = Tag(rawValue: 258)
        static let compression = Tag(rawValue: 259)
        static let photometric = Tag(rawValue: 262)
        static let samplesPerPixel = Tag(rawValue: 277)
        static let planarConfiguration = Tag(rawValue: 284)
        static let predictor = Tag(rawValue: 317)
        static let tileWidth = Tag(rawValue: 322)
        static let tileLength = Tag(rawValue: 323)
        static let tileOffsets = Tag(rawValue: 324)
        static let tileByteCounts = Tag(rawValue: 325)
        static let sampleFormat = Tag(rawValue: 339)
        static let jpegTables = Tag(rawValue: 347)
        static let chromaSubsampling = Tag(rawValue: 530)
        static let referenceBlackWhite = Tag(rawValue: 532)
        static let gdalMetadata = Tag(rawValue: 42_112)

        /// Where the raster lies. Source: OGC 19-008r4, GeoTIFF 1.1, 7.1
        static let georeference = [33_550, 33_922, 34_264, 34_735, 34_736, 34_737].map { Tag(rawValue: $0) }

        static func < (a: Tag, b: Tag) -> Bool { a.rawValue < b.rawValue }
    }
}

func littleEndian<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
}
