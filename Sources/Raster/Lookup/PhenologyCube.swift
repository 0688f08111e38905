import CGDAL
import Failures
import Foundation

/// Yearly curves on the grid of MODIS (sinusoidal, sphere): arrays `phenology` (y, x, day), `nan_mask` (y, x, true
/// where there is no curve), `x` and `y` in a Zarr group.
struct PhenologyCube: ~Copyable {
    private let dataset: GDALDatasetH
    private let name: String

    /// Source: https://modis-land.gsfc.nasa.gov/MODLAND_grid.html
    private static let sinusoidal = "+proj=sinu +R=6371007.181 +units=m +no_defs"
    private static let days = 366

    init(opening path: String) throws {
        _ = GDALLibrary.ready
        name = URL(fileURLWithPath: path).lastPathComponent
        guard FileManager.default.fileExists(atPath: path) else { throw Failure.assetMissing(name) }
        let allowed = StringList(["Zarr"])
        let flags = UInt32(GDAL_OF_MULTIDIM_RASTER | GDAL_OF_READONLY | GDAL_OF_VERBOSE_ERROR)
        dataset = try gdal({ [name] in .assetNotReadable(name, detail: $0) }) {
            GDALOpenEx(path, flags, allowed.constPointer, nil, nil)
        }
    }

    deinit { gdalQuietly { GDALClose(dataset) } }

    /// The curve of the pixel at a place, or of the nearest that has one, counted in pixels.
    /// - Returns: 366 values; nil when no pixel of the grid has a curve.
    func curve(longitude: Double, latitude: Double) throws -> [Int]? {
        let toGrid = try CoordinateTransform(
            from: CoordinateSystem(epsg: 4326), to: CoordinateSystem(proj: Self.sinusoidal))
        guard let place = toGrid.point(x: longitude, y: latitude) else { return nil }
        let xs: [Double] = try read("x"), ys: [Double] = try read("y")
        let column = Self.nearest(place.x, in: xs), row = Self.nearest(place.y, in: ys)
        guard let pixel = try nearestValid(row, column, rows: ys.count, columns: xs.count) else { return nil }
        let curve: [Float] = try read(
            "phenology", start: [pixel.row, pixel.column, 0], count: [1, 1, Self.days])
        return curve.map { Int(min(max($0, 0), 255)) }
    }

    private static func nearest(_ value: Double, in axis: [Double]) -> Int {
        axis.indices.min { abs(axis[$0] - value) < abs(axis[$1] - value) } ?? 0
    }

    private func nearestValid(
        _ row: Int, _ column: Int, rows: Int, columns: Int
    ) throws -> (row: Int, column: Int)? {
        let here: [UInt8] = try read("nan_mask", start: [row, column], count: [1, 1])
        if here == [0] { return (row, column) }
        let mask: [UInt8] = try read("nan_mask", start: [0, 0], count: [rows, columns])
        var best: (distance: Int, index: Int)?
        for index in mask.indices where mask[index] == 0 {
            let (dy, dx) = (index / columns - row, index % columns - column)
            if dy * dy + dx * dx < best?.distance ?? .max { best = (dy * dy + dx * dx, index) }
        }
        return best.map { ($0.index / columns, $0.index % columns) }
    }

    /// Reads a part of an array; all of a one-dimensional one by default.
    private func read<Value: PixelSample>(_ array: String, start: [Int] = [0], count: [Int]? = nil) throws -> [Value] {
        let failure: (String) -> Failure = { [name] in .assetNotReadable(name, detail: "\(array): \($0)") }
        let group = try gdal(failure) { GDALDatasetGetRootGroup(dataset) }
        defer { GDALGroupRelease(group) }
        let handle = try gdal(failure) { GDALGroupOpenMDArray(group, array, nil) }
        defer { GDALMDArrayRelease(handle) }
        guard GDALMDArrayGetDimensionCount(handle) == start.count else { throw failure("wrong number of dimensions") }
        let counts = count ?? [Int(GDALMDArrayGetTotalElementsCount(handle))]
        var values = [Value](repeating: .zero, count: counts.reduce(1, *))
        let type = GDALExtendedDataTypeCreate(Value.pixelType.code)
        defer { GDALExtendedDataTypeRelease(type) }
        let starts = start.map { UInt64($0) }
        try gdal(failure) {
            let read = GDALMDArrayRead(handle, starts, counts, nil, nil, type, &values, nil, 0)
            return read != 0 ? () : nil
        }
        return values
    }
}
