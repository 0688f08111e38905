import CGDAL

extension RasterDataset {
    /// GDAL's short name of the format, e.g. `GTiff`.
    public var driver: String {
        guard let driver = GDALGetDatasetDriver(handle) else { return "" }
        return String(cString: GDALGetDriverShortName(driver))
    }

    public var width: Int { Int(GDALGetRasterXSize(handle)) }
    public var height: Int { Int(GDALGetRasterYSize(handle)) }
    public var bandCount: Int { Int(GDALGetRasterCount(handle)) }
    /// The whole raster.
    public var window: PixelWindow { PixelWindow(x: 0, y: 0, width: width, height: height) }

    /// The position as the file states it, nil if it states none.
    public var geoTransform: GeoTransform? {
        var c = [Double](repeating: 0, count: 6)
        return GDALGetGeoTransform(handle, &c) == CE_None ? GeoTransform(gdal: c) : nil
    }

    /// The coordinate system, nil if the file names none.
    public var crs: CoordinateSystem? {
        GDALGetSpatialRef(handle).map { CoordinateSystem(cloning: $0) }
    }

    public var groundControlPoints: [GroundControlPoint] {
        guard let points = GDALGetGCPs(handle) else { return [] }
        return (0..<Int(GDALGetGCPCount(handle))).map {
            GroundControlPoint(
                column: points[$0].dfGCPPixel, row: points[$0].dfGCPLine, x: points[$0].dfGCPX, y: points[$0].dfGCPY)
        }
    }

    /// The coordinate system of the ground control points.
    public var groundControlCRS: CoordinateSystem? {
        GDALGetGCPSpatialRef(handle).map { CoordinateSystem(cloning: $0) }
    }

    /// Key and value pairs; `domain` as GDAL names it: nil, `IMAGE_STRUCTURE`, `RPC`, `SUBDATASETS` …
    public func metadata(domain: String? = nil) -> [(key: String, value: String)] {
        Self.pairs(GDALGetMetadata(handle, domain))
    }

    /// The names of the groups of metadata, the default one being empty.
    public var metadataDomains: [String] {
        let list = GDALGetMetadataDomainList(handle)
        defer { CSLDestroy(list) }
        return StringList.strings(list)
    }

    public func metadataItem(_ key: String, domain: String? = nil) -> String? {
        GDALGetMetadataItem(handle, key, domain).map { String(cString: $0) }
    }

    /// The same for one band, counting from 1.
    public func metadata(band: Int, domain: String? = nil) -> [(key: String, value: String)] {
        Self.pairs(GDALGetMetadata(GDALGetRasterBand(handle, Int32(band)), domain))
    }

    /// - Parameter overview: nil for the full image, else the overview's index from 0.
    public func metadataItem(_ key: String, band: Int, overview: Int? = nil, domain: String? = nil) -> String? {
        guard let full = GDALGetRasterBand(handle, Int32(band)) else { return nil }
        guard let band = overview.map({ GDALGetOverview(full, Int32($0)) }) ?? full else { return nil }
        return GDALGetMetadataItem(band, key, domain).map { String(cString: $0) }
    }

    /// One band's properties; bands count from 1.
    /// - Returns: an empty band for a number that the raster has not.
    public func band(_ number: Int) -> RasterBand {
        gdalQuietly { RasterBand(handle: GDALGetRasterBand(handle, Int32(number))) }
    }

    /// The files that make up the dataset, side files included.
    var files: [String] {
        let list = GDALGetFileList(handle)
        defer { CSLDestroy(list) }
        return StringList.strings(list)
    }

    var hasExternalOverviews: Bool { files.contains { $0.hasSuffix(".ovr") } }

    /// All bands in order, band 1 first.
    public var bands: [RasterBand] {
        var bands: [RasterBand] = []
        for number in 0..<bandCount { bands.append(band(number + 1)) }
        return bands
    }

    static func pairs(_ list: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> [(key: String, value: String)] {
        StringList.strings(list).map { entry in
            let parts = entry.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
        }
    }
}
