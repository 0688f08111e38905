import CTurboJPEG
import Failures

/// Compresses tiles as JPEG streams without their tables, which TIFF keeps once for all tiles of an image; one
/// thread's own.
/// Source: TIFF Technical Note 2
final class TileJPEG {
    private let compressor: tjhandle
    private let quality: Int32
    private let side: Int
    private var buffer: [UInt8]

    /// - Parameters:
    ///   - quality: 1…100, as libjpeg counts.
    ///   - side: width and height of a tile in pixels.
    init(quality: Int, side: Int) throws {
        guard let made = tjInitCompress() else {
            throw Failure.rasterNotWritten("the raster", detail: "no memory for a JPEG compressor")
        }
        compressor = made
        self.quality = Int32(quality)
        self.side = side
        buffer = [UInt8](repeating: 0, count: Int(tjBufSize(Int32(side), Int32(side), Int32(TJSAMP_420.rawValue))))
    }

    deinit { tjDestroy(compressor) }

    /// The tables alone, as the tag JPEGTables holds them.
    func tables() throws -> [UInt8] {
        let stream = try compressWhole([UInt8](repeating: 0, count: side * side * 4))
        return [0xff, 0xd8] + JPEGSegments(stream).tables.flatMap { stream[$0] } + [0xff, 0xd9]
    }

    /// A tile without its tables, ready for TIFF.
    func compress(_ rgba: UnsafeBufferPointer<UInt8>) throws -> [UInt8] {
        let stream = try compressWhole(rgba)
        return [0xff, 0xd8] + JPEGSegments(stream).image.flatMap { stream[$0] }
    }

    private func compressWhole(_ rgba: [UInt8]) throws -> ArraySlice<UInt8> {
        try rgba.withUnsafeBufferPointer { try compressWhole($0) }
    }

    private func compressWhole(_ rgba: UnsafeBufferPointer<UInt8>) throws -> ArraySlice<UInt8> {
        precondition(rgba.count == side * side * 4, "a tile has \(side) rows and columns")
        var size = UInt(buffer.count)
        let code = buffer.withUnsafeMutableBufferPointer { buffer in
            var start = buffer.baseAddress
            // Half the colour resolution and the exact transform are what GDAL chooses for JPEG in TIFF.
            return tjCompress2(
                compressor, rgba.baseAddress, Int32(side), 0, Int32(side), Int32(TJPF_RGBX.rawValue), &start, &size,
                Int32(TJSAMP_420.rawValue), quality, TJFLAG_NOREALLOC | TJFLAG_ACCURATEDCT)
        }
        guard code == 0 else {
            throw Failure.rasterNotWritten("the raster", detail: String(cString: tjGetErrorStr2(compressor)))
        }
        return buffer[..<Int(size)]
    }
}

/// The parts of a JPEG stream: those that are tables, and those that are the image. Comments and application data
/// (JFIF, which says what the TIFF tags say) are neither.
/// Source: ITU-T T.81, table B.1
private struct JPEGSegments {
    private(set) var tables: [Range<Int>] = []
    private(set) var image: [Range<Int>] = []

    init(_ stream: ArraySlice<UInt8>) {
        var at = stream.startIndex + 2
        while at + 4 <= stream.endIndex, stream[at] == 0xff {
            let marker = stream[at + 1], end = at + 2 + Int(stream[at + 2]) << 8 + Int(stream[at + 3])
            switch marker {
            case 0xdb, 0xc4: tables.append(at..<end)
            case 0xe0...0xef, 0xfe: break
            case 0xda:  // From the start of the scan on all is image.
                image.append(at..<stream.endIndex)
                return
            default: image.append(at..<end)
            }
            at = end
        }
    }
}
