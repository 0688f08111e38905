import CGDAL

/// The levels of the web map (WebMercatorQuad, 256-pixel tiles) that suit a raster's resolution.
/// Source: https://docs.ogc.org/is/17-083r4/17-083r4.html
struct WebMapZooms: Equatable {
    let lowest: Int
    let highest: Int

    /// Metres a pixel at level 0.
    private static let coarsest = 40_075_016.685_578_488 / 256
    private static let deepest = 30

    /// - Returns: nil where the raster cannot be placed on the web map.
    init?(of raster: borrowing RasterDataset) {
        guard raster.crs != nil, let suggested = raster.suggestedSize(inEPSG: 3857) else { return nil }
        self.init(resolution: suggested.resolution, width: suggested.width, height: suggested.height)
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

    /// The level whose resolution is nearest by ratio.
    private static func level(_ resolution: Double) -> Int {
        func at(_ level: Int) -> Double { coarsest / Double(1 << level) }
        let finer = (0...deepest).first { resolution >= at($0) * (1 - 1e-8) } ?? deepest
        guard finer > 0, abs(resolution - at(finer)) / at(finer) > 1e-8 else { return finer }
        return at(finer - 1) / resolution < resolution / at(finer) ? finer - 1 : finer
    }
}

extension RasterDataset {
    /// The size and the resolution that GDAL would choose in another coordinate system.
    func suggestedSize(inEPSG epsg: Int) -> (resolution: Double, width: Int, height: Int)? {
        let options = StringList(["DST_SRS=EPSG:\(epsg)"])
        return gdalQuietly {
            guard let transformer = GDALCreateGenImgProjTransformer2(handle, nil, options.pointer) else { return nil }
            defer { GDALDestroyGenImgProjTransformer(transformer) }
            var c = [Double](repeating: 0, count: 6), width: Int32 = 0, height: Int32 = 0
            let code = GDALSuggestedWarpOutput(handle, GDALGenImgProjTransform, transformer, &c, &width, &height)
            guard code == CE_None else { return nil }
            return (max(abs(c[1]), abs(c[5])), Int(width), Int(height))
        }
    }
}
