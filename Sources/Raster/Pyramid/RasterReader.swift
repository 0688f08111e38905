/// One thread's way into a settled raster: its own handle of GDAL, and its own of PROJ.
final class RasterReader {
    private let source: RasterSource
    let map: SourceMap

    init(
        _ source: borrowing RasterSource, _ crs: borrowing CoordinateSystem, _ transform: GeoTransform,
        _ grid: WebMapGrid
    )
        throws
    {
        self.source = try source.reopened()
        map = try SourceMap(from: grid, to: crs, transform)
    }

    var name: String { source.raster.name }
    var width: Int { source.raster.width }
    var height: Int { source.raster.height }

    /// Reads a window; an invalid pixel is zero in every channel, and any other has an alpha of 255.
    func read(_ window: PixelWindow, into image: RGBAImage) throws {
        try source.read(window, into: image)
        guard source.plan.alpha != nil || source.plan.usesMask else { return }
        let words = image.words
        for index in words.indices where words[index] != 0 { words[index] |= 0xff00_0000 }
    }
}
