import Failures
import Foundation

extension Orthophoto {
    /// Makes the preview picture: JPEG of quality 85, 256 x 256 pixels, aspect kept, centred on white.
    ///
    /// Reads the smallest overview that is large enough, so that a cloud-optimised input of any size costs
    /// milliseconds; an input without overviews is read at a reduced resolution.
    public static func makeThumbnail(_ input: String, to output: String, limits: RasterLimits = RasterLimits()) throws {
        var source = try RasterSource(opening: input, limits: limits)
        _ = try source.settle()
        let size = overviewSize(source)
        let pixels = RGBAImage()
        try source.read(source.raster.window, into: pixels, columns: size.width, rows: size.height)
        let picture = Picture(width: size.width, height: size.height, channels: 4, pixels: Array(pixels.bytes))
        guard picture.hasContent else { throw Failure.rasterAllInvalid(source.raster.name) }
        let canvas = try RasterDataset(
            creating: "", driver: "MEM", width: thumbnailSide, height: thumbnailSide, bands: 3)
        try canvas.write(picture.fitted(into: thumbnailSide), to: canvas.window)
        try WholeFile.create(output) { part in
            try canvas.createCopy(part, driver: "JPEG", options: ["QUALITY=85"])
        }
    }

    private static let thumbnailSide = 256

    /// The resolution to read at: an overview's own, or one that GDAL reaches by skipping pixels.
    private static func overviewSize(_ source: borrowing RasterSource) -> (width: Int, height: Int) {
        let (width, height) = (source.raster.width, source.raster.height)
        let sizes = [(width, height)] + source.bands[0].overviews.map { ($0.width, $0.height) }
        let enough = sizes.filter { max($0.0, $0.1) >= thumbnailSide }.min { $0.0 < $1.0 } ?? (width, height)
        let reduction = max(1, max(enough.0, enough.1) / (thumbnailSide * 4))
        return (max(1, enough.0 / reduction), max(1, enough.1 / reduction))
    }
}

/// A small picture in memory, RGB or RGBA.
struct Picture {
    let width: Int
    let height: Int
    let channels: Int
    let pixels: [UInt8]

    var hasContent: Bool {
        channels == 3 || stride(from: 3, to: pixels.count, by: 4).contains { pixels[$0] > 0 }
    }

    /// Scales to fit a square, every target pixel the mean of what it covers, over white.
    /// - Returns: RGB of `side` x `side` pixels.
    func fitted(into side: Int) -> [UInt8] {
        let scale = Double(side) / Double(max(width, height))
        let columns = max(1, Int(Double(width) * scale)), rows = max(1, Int(Double(height) * scale))
        let left = (side - columns) / 2, top = (side - rows) / 2
        var out = [UInt8](repeating: 255, count: side * side * 3)
        for y in 0..<rows {
            for x in 0..<columns {
                let color = mean(Self.span(x, of: columns, over: width), Self.span(y, of: rows, over: height))
                let to = ((top + y) * side + left + x) * 3
                for channel in 0..<3 { out[to + channel] = color[channel] }
            }
        }
        return out
    }

    /// The source pixels under target pixel `index`; at least one.
    private static func span(_ index: Int, of count: Int, over length: Int) -> Range<Int> {
        let start = index * length / count
        return start..<max(start + 1, (index + 1) * length / count)
    }

    private func mean(_ xs: Range<Int>, _ ys: Range<Int>) -> [UInt8] {
        var sums = [0, 0, 0]
        for y in ys {
            for x in xs {
                let from = (y * width + x) * channels
                let alpha = channels == 4 ? Int(pixels[from + 3]) : 255
                for channel in 0..<3 { sums[channel] += Int(pixels[from + channel]) * alpha + 255 * (255 - alpha) }
            }
        }
        let weight = xs.count * ys.count * 255
        return sums.map { UInt8(($0 + weight / 2) / weight) }
    }
}
