import Raster

/// Makes small odd rasters. The default lies in UTM zone 32 N with pixels of 10 cm.
struct RasterMaker {
    var width = 64
    var height = 48
    var bands = 3
    var type = PixelType.uint8
    var options: [String] = []
    var epsg: Int? = 32632
    var transform: GeoTransform? = GeoTransform(
        originX: 500_000, originY: 5_300_000, pixelWidth: 0.1, pixelHeight: 0.1)
    var colors: [ColorInterpretation] = []
    var nodata: Double?
    /// The value of a band (from 1) at column and row.
    var value: (_ band: Int, _ x: Int, _ y: Int) -> Double = { band, x, y in
        Double((x * 3 + y * 2 + band * 17) % 200 + 20)
    }

    /// Writes the file; `change` may alter it further before it is closed.
    @discardableResult
    func make(_ path: String, _ change: (borrowing RasterDataset) throws -> Void = { _ in }) throws -> String {
        let raster = try RasterDataset(
            creating: path, width: width, height: height, bands: bands, type: type, options: options)
        if let epsg { try raster.setProjection(epsg: epsg) }
        if let transform { try raster.setGeoTransform(transform) }
        for (index, color) in colors.enumerated() { try raster.setColorInterpretation(color, band: index + 1) }
        if let nodata { try raster.setNodata(nodata, band: 1) }
        var samples: [Double] = []
        for y in 0..<height {
            for x in 0..<width {
                for band in 1...bands { samples.append(value(band, x, y)) }
            }
        }
        try raster.write(samples, to: raster.window)
        try change(raster)
        try raster.close()
        return path
    }
}

/// A raster's pixels in memory.
struct Pixels {
    let width: Int
    let height: Int
    let bands: Int
    let values: [UInt8]

    init(of path: String, drivers: [String] = ["GTiff"]) throws {
        let raster = try RasterDataset(opening: path, drivers: drivers)
        (width, height, bands) = (raster.width, raster.height, raster.bandCount)
        values = try raster.read(raster.window)
    }

    subscript(x: Int, y: Int) -> [UInt8] {
        let start = (y * width + x) * bands
        return Array(values[start..<start + bands])
    }

    /// Share of pixels whose last band is not zero.
    var opaqueShare: Double {
        let alpha = stride(from: bands - 1, to: values.count, by: bands).filter { values[$0] > 0 }
        return Double(alpha.count) / Double(width * height)
    }
}
