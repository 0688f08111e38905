import CGDAL

/// The levels of the web map (WebMercatorQuad, 256-pixel tiles) that suit a raster's resolution.
/// Source: https://docs.ogc.org/is/17-083r4/17-083r4.html
struct WebMapZooms: Equatable {
    let lowest: Int
    let highest: Int

    /// Metres around the equator.
    static let circumference = 40_075_016.685_578_488
    private static let deepest = 30

    /// - Returns: nil where the raster cannot be placed on the web map.
    init?(of raster: borrowing RasterDataset) {
        guard raster.crs != nil, let suggested = raster.suggestedSize(inEPSG: 3857) else { return nil }
        self.init(resolution: suggested.resolution, width: suggested.columns, height: suggested.rows)
    }

    /// - Parameters:
    ///   - resolution: metres a pixel in Web Mercator.
    ///   - width: columns in Web Mercator; halved until the smaller side fits a tile to find the lowest level.
    init(resolution: Double, width: Int, height: Int) {
        var halvings = 0
        while min(width >> halvings, height >> halvings) > 256 { halvings += 1 }
        highest = Self.level(resolution)
        lowest = Self.level(resolution * Double(1 << halvings))
    }

    /// Metres a pixel of a level.
    static func resolution(of level: Int) -> Double { circumference / 256 / Double(1 << level) }

    /// The level whose resolution is nearest by ratio.
    static func level(_ resolution: Double) -> Int {
        func at(_ level: Int) -> Double { Self.resolution(of: level) }
        let finer = (0...deepest).first { resolution >= at($0) * (1 - 1e-8) } ?? deepest
        guard finer > 0, abs(resolution - at(finer)) / at(finer) > 1e-8 else { return finer }
        return at(finer - 1) / resolution < resolution / at(finer) ? finer - 1 : finer
    }
}

/// The place that GDAL would choose for a raster in another coordinate system.
struct SuggestedPlace {
    /// CRS units a pixel.
    let resolution: Double
    let columns: Int
    let rows: Int
    let bounds: Bounds
}

extension RasterDataset {
    /// - Returns: nil where the two systems do not meet.
    func suggestedSize(inEPSG epsg: Int) -> SuggestedPlace? {
        // No other way to place it: arrays of positions (GEOLOCATION) are read from files that the metadata names.
        let options = StringList(["DST_SRS=EPSG:\(epsg)", "SRC_METHOD=GEOTRANSFORM"])
        return gdalQuietly {
            guard let transformer = GDALCreateGenImgProjTransformer2(handle, nil, options.pointer) else { return nil }
            defer { GDALDestroyGenImgProjTransformer(transformer) }
            var c = [Double](repeating: 0, count: 6), columns: Int32 = 0, rows: Int32 = 0
            let code = GDALSuggestedWarpOutput(handle, GDALGenImgProjTransform, transformer, &c, &columns, &rows)
            guard code == CE_None else { return nil }
            return SuggestedPlace(
                resolution: max(abs(c[1]), abs(c[5])), columns: Int(columns), rows: Int(rows),
                bounds: GeoTransform(gdal: c).bounds(width: Int(columns), height: Int(rows)))
        }
    }
}
