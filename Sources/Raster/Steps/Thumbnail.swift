import Failures
import Foundation

extension Orthophoto {
    /// Width and height of the thumbnail in pixels.
    public static let thumbnailSide = 256
    /// The longer side of the preview in pixels.
    public static let previewSide = 1024

    /// Makes the picture for lists, 256 x 256 pixels, aspect kept, centred on white, and if wanted a larger preview of at
    /// most 1024 pixels a side, as large as its content. Both are JPEG of quality 85, white where nothing is valid.
    ///
    /// Reads the smallest overview that is large enough, so that a cloud-optimised input of any size costs
    /// milliseconds; an input without overviews is read at a reduced resolution.
    public static func makeThumbnail(
        _ input: String, to output: String, preview: String? = nil, limits: RasterLimits = RasterLimits()
    ) throws {
        var source = try RasterSource(opening: input, limits: limits)
        _ = try source.settle()
        let size = overviewSize(source, side: preview == nil ? thumbnailSide : previewSide)
        let pixels = RGBAImage()
        try source.read(source.raster.window, into: pixels, columns: size.width, rows: size.height)
        guard pixels.validCount > 0 else { throw Failure.rasterAllInvalid(source.raster.name) }
        if let preview {
            try write(pixels.scaled(toSide: min(previewSide, max(size.width, size.height))), to: preview)
        }
        try write(pixels.scaled(toSide: thumbnailSide).centred(on: thumbnailSide), to: output)
    }

    private static func write(_ picture: Picture, to path: String) throws {
        let canvas = try RasterDataset(
            creating: "", driver: "MEM", width: picture.width, height: picture.height, bands: 3)
        try canvas.write(picture.rgb, to: canvas.window)
        try WholeFile.create(path) { part in try canvas.createCopy(part, driver: "JPEG", options: ["QUALITY=85"]) }
    }

    /// The resolution to read at: an overview's own, or one that GDAL reaches by skipping pixels.
    private static func overviewSize(_ source: borrowing RasterSource, side: Int) -> (width: Int, height: Int) {
        let (width, height) = (source.raster.width, source.raster.height)
        let sizes = [(width, height)] + source.bands[0].overviews.map { ($0.width, $0.height) }
        let enough = sizes.filter { max($0.0, $0.1) >= side }.min { $0.0 < $1.0 } ?? (width, height)
        let reduction = max(1, max(enough.0, enough.1) / (side * 4))
        return (max(1, enough.0 / reduction), max(1, enough.1 / reduction))
    }
}

/// A small picture in memory: RGB, 3 bytes a pixel.
private struct Picture {
    let width: Int
    let height: Int
    var rgb: [UInt8]

    /// The same in the middle of a white square.
    func centred(on side: Int) -> Picture {
        let left = (side - width) / 2, top = (side - height) / 2
        var canvas = [UInt8](repeating: 255, count: side * side * 3)
        for row in 0..<height {
            let to = ((top + row) * side + left) * 3
            canvas.replaceSubrange(to..<to + width * 3, with: rgb[row * width * 3..<(row + 1) * width * 3])
        }
        return Picture(width: side, height: side, rgb: canvas)
    }
}

extension RGBAImage {
    /// Scales so that the longer side has so many pixels, each the mean of what it covers, over white.
    fileprivate func scaled(toSide side: Int) -> Picture {
        let scale = Double(side) / Double(max(width, height))
        let columns = max(1, Int(Double(width) * scale)), rows = max(1, Int(Double(height) * scale))
        let out = [UInt8](unsafeUninitializedCapacity: columns * rows * 3) { out, count in
            for row in 0..<rows {
                let ys = Self.span(row, of: rows, over: height)
                for column in 0..<columns {
                    mean(Self.span(column, of: columns, over: width), ys, to: out, at: (row * columns + column) * 3)
                }
            }
            count = columns * rows * 3
        }
        return Picture(width: columns, height: rows, rgb: out)
    }

    /// The source pixels under target pixel `index`; at least one.
    private static func span(_ index: Int, of count: Int, over length: Int) -> Range<Int> {
        let start = index * length / count
        return start..<max(start + 1, (index + 1) * length / count)
    }

    private func mean(_ xs: Range<Int>, _ ys: Range<Int>, to out: UnsafeMutableBufferPointer<UInt8>, at place: Int) {
        var (red, green, blue) = (0, 0, 0)
        for y in ys {
            for x in xs {
                let from = (y * width + x) * 4, alpha = Int(bytes[from + 3]), white = 255 * (255 - alpha)
                red += Int(bytes[from]) * alpha + white
                green += Int(bytes[from + 1]) * alpha + white
                blue += Int(bytes[from + 2]) * alpha + white
            }
        }
        let weight = xs.count * ys.count * 255
        out[place] = UInt8((red + weight / 2) / weight)
        out[place + 1] = UInt8((green + weight / 2) / weight)
        out[place + 2] = UInt8((blue + weight / 2) / weight)
    }
}
