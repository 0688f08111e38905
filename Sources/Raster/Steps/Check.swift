import Failures
import Foundation

/// What a look at an orthophoto found: enough to know that it is one.
public struct OrthophotoCheck: Codable, Equatable, Sendable {
    public var width: Int
    public var height: Int
    public var bands: Int
    /// Bytes of the file.
    public var bytes: Int
}

extension Orthophoto {
    /// Makes sure that a raster opens, lies on the earth, is whole and shows something, in seconds also where it has
    /// 20 GB: blocks are only decoded until enough of them are known.
    ///
    /// - Throws: `raster_missing`, `raster_damaged`, `raster_empty`, or what the header lacks.
    public static func check(_ path: String, limits: RasterLimits = RasterLimits()) throws -> OrthophotoCheck {
        let source = try RasterSource(opening: path, limits: limits)
        _ = try Georeference.read(source.raster)
        let blocks = BlockGrid(source)
        try blocks.checkAllAreInFile(source)
        guard try blocks.showSomething(source) else {
            throw Failure.rasterAllInvalid(source.raster.name)
        }
        return OrthophotoCheck(
            width: source.raster.width, height: source.raster.height, bands: source.raster.bandCount,
            bytes: source.fileSize)
    }
}

extension Orthophoto {
    /// Makes sure that a file is a raster that can be read, and whole, without decoding any of it: what can be asked of an
    /// upload before it is taken.
    ///
    /// - Throws: `raster_missing`, `raster_damaged`, or what else is wrong with its header.
    public static func checkWhole(_ path: String, limits: RasterLimits = RasterLimits()) throws -> OrthophotoCheck {
        let source = try RasterSource(opening: path, limits: limits)
        try BlockGrid(source).checkAllAreInFile(source)
        return OrthophotoCheck(
            width: source.raster.width, height: source.raster.height, bands: source.raster.bandCount,
            bytes: source.fileSize)
    }
}

/// The blocks of a raster, and which of them to look at first.
private struct BlockGrid {
    let columns: Int
    let rows: Int
    let width: Int
    let height: Int

    /// So many are decoded at least, so that damage shows.
    private static let sample = 64

    init(_ source: borrowing RasterSource) {
        width = max(1, source.bands[0].blockWidth)
        height = max(1, source.bands[0].blockHeight)
        columns = (source.raster.width + width - 1) / width
        rows = (source.raster.height + height - 1) / height
    }

    /// A file that was cut off has a whole header and names blocks beyond its end.
    func checkAllAreInFile(_ source: borrowing RasterSource) throws {
        let isByBand = source.raster.metadataItem("INTERLEAVE", domain: "IMAGE_STRUCTURE") == "BAND"
        for band in isByBand ? Array(1...source.bands.count) : [1] {
            for index in 0..<columns * rows {
                let block = "\(index % columns)_\(index / columns)"
                guard let offset = number("BLOCK_OFFSET_\(block)", band, source), offset > 0 else { continue }
                let end = offset + (number("BLOCK_SIZE_\(block)", band, source) ?? 0)
                guard end <= source.fileSize else {
                    throw Failure.rasterDamaged(
                        source.raster.name, detail: "block \(block) ends at byte \(end) of \(source.fileSize)")
                }
            }
        }
    }

    /// Looks at blocks all over the image, then at the rest, until one shows a pixel.
    func showSomething(_ source: borrowing RasterSource) throws -> Bool {
        let count = columns * rows
        let stride = max(1, count / Self.sample)
        var isFound = false
        // From the middle outwards would be faster, but damage may be anywhere.
        for index in Swift.stride(from: stride / 2, to: count, by: stride) {
            isFound = try shows(source, index, all: true) || isFound
        }
        if isFound || stride == 1 { return isFound }
        for index in 0..<count where index % stride != stride / 2 {
            if try shows(source, index, all: false) { return true }
        }
        return false
    }

    /// A pixel of the block is neither transparent nor nodata; where the file says nothing of that, it is not black.
    ///
    /// - Parameter all: read all bands, so that damage in any of them is met, and not only what says where it is valid.
    private func shows(_ source: borrowing RasterSource, _ index: Int, all: Bool) throws -> Bool {
        let (x, y) = (index % columns * width, index / columns * height)
        let window = PixelWindow(
            x: x, y: y, width: min(width, source.raster.width - x), height: min(height, source.raster.height - y))
        let saysWhere = !source.bands[0].mask.contains(.allValid)
        var isBlack = true
        if all || !saysWhere {
            isBlack =
                source.isByte
                ? try source.raster.read(window).allSatisfy { $0 == 0 }
                : try source.raster.read(window, as: Float.self).allSatisfy { $0 == 0 || $0.isNaN }
        }
        return saysWhere ? try source.raster.readMask(band: 1, window).contains { $0 != 0 } : !isBlack
    }

    private func number(_ key: String, _ band: Int, _ source: borrowing RasterSource) -> Int? {
        source.raster.metadataItem(key, band: band, domain: "TIFF").map(RasterSource.position)
    }
}
