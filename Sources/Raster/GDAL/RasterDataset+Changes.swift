import CGDAL
import Failures
import Foundation

extension RasterDataset {
    public func setGeoTransform(_ transform: GeoTransform) throws {
        var c = transform.gdal
        try gdalCheck(unwritten) { GDALSetGeoTransform(handle, &c) }
    }

    public func setProjection(epsg: Int) throws { try setCRS(CoordinateSystem(epsg: epsg)) }

    public func setCRS(_ crs: borrowing CoordinateSystem) throws {
        let reference = crs.handle
        try gdalCheck(unwritten) { GDALSetSpatialRef(handle, reference) }
    }

    public func setColorInterpretation(_ color: ColorInterpretation, band: Int) throws {
        try gdalCheck(unwritten) {
            GDALSetRasterColorInterpretation(GDALGetRasterBand(handle, Int32(band)), color.code)
        }
    }

    public func setDescription(_ text: String, band: Int) throws {
        try gdalCheck(unwritten) {
            GDALSetDescription(GDALGetRasterBand(handle, Int32(band)), text)
            return CE_None
        }
    }

    /// Sets the value that means "nothing here"; GeoTIFF keeps one for all bands.
    public func setNodata(_ value: Double, band: Int) throws {
        try gdalCheck(unwritten) { GDALSetRasterNoDataValue(GDALGetRasterBand(handle, Int32(band)), value) }
    }

    public func setPalette(_ colors: [[UInt8]], band: Int) throws {
        let table = GDALCreateColorTable(GPI_RGB)
        defer { GDALDestroyColorTable(table) }
        for (index, color) in colors.enumerated() {
            let c = color.map(Int16.init)
            var entry = GDALColorEntry(c1: c[0], c2: c[1], c3: c[2], c4: c[3])
            GDALSetColorEntry(table, Int32(index), &entry)
        }
        try gdalCheck(unwritten) { GDALSetRasterColorTable(GDALGetRasterBand(handle, Int32(band)), table) }
    }

    public func setGroundControlPoints(_ points: [GroundControlPoint], crs: borrowing CoordinateSystem) throws {
        let reference = crs.handle
        try GroundControlPoint.withList(points) { list in
            try gdalCheck(unwritten) { GDALSetGCPs2(handle, Int32(list.count), list, reference) }
        }
    }

    public func setMetadata(_ key: String, _ value: String, domain: String? = nil) throws {
        try gdalCheck(unwritten) { GDALSetMetadataItem(handle, key, value, domain) }
    }

    /// Adds one validity mask for all bands, inside the file.
    public func createMask() throws {
        try gdalCheck(unwritten) { GDALCreateDatasetMaskBand(handle, GMF_PER_DATASET) }
    }

    /// Writes validity (0 or 255) of a window into the mask of `createMask()`.
    public func writeMask(_ values: [UInt8], to window: PixelWindow) throws {
        var values = values
        let mask = GDALGetMaskBand(GDALGetRasterBand(handle, 1))
        try gdalCheck(unwritten) {
            GDALRasterIO(
                mask, GF_Write, Int32(window.x), Int32(window.y), Int32(window.width), Int32(window.height), &values,
                Int32(window.width), Int32(window.height), GDT_Byte, 0, 0)
        }
    }

    /// Builds overviews inside the file, each the size divided by one of `factors`.
    public func buildOverviews(
        _ factors: [Int], resampling: Resampling = .average, progress: @escaping (Double) -> Void = { _ in }
    ) throws {
        let sink = ProgressSink(progress)
        var list = factors.map(Int32.init)
        try withExtendedLifetime(sink) {
            try gdalCheck(unwritten) {
                GDALBuildOverviews(
                    handle, resampling.rawValue.uppercased(), Int32(list.count), &list, 0, nil, ProgressSink.callback,
                    sink.context)
            }
        }
    }

    /// Writes a copy in another format, closed and complete on return.
    /// - Parameters:
    ///   - driver: e.g. `JPEG`, `PNG`, `COG`, `GTiff`.
    ///   - options: creation options of the driver, e.g. `QUALITY=85`.
    public func createCopy(
        _ path: String, driver: String, options: [String] = [], progress: @escaping (Double) -> Void = { _ in }
    ) throws {
        let name = WholeFile.finalName(of: path)
        let list = StringList(options), sink = ProgressSink(progress)
        let copy = try withExtendedLifetime(sink) {
            try gdal({ .rasterNotWritten(name, detail: $0) }) {
                GDALCreateCopy(
                    GDALGetDriverByName(driver), path, handle, 0, list.pointer, ProgressSink.callback, sink.context)
            }
        }
        try RasterDataset(owning: copy).close()
    }
}
