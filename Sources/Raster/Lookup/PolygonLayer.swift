import CGDAL
import Failures
import Foundation

/// Polygons with attributes in a GeoPackage, asked by place.
struct PolygonLayer: ~Copyable {
    private let dataset: GDALDatasetH
    private let layerName: String?

    /// - Parameter layer: by name; the file's first if nil.
    init(opening path: String, layer: String?) throws {
        _ = GDALLibrary.ready
        let name = URL(fileURLWithPath: path).lastPathComponent
        guard FileManager.default.isReadableFile(atPath: path) else { throw Failure.assetMissing(name) }
        let allowed = StringList(["GPKG"]), flags = UInt32(GDAL_OF_VECTOR | GDAL_OF_READONLY | GDAL_OF_VERBOSE_ERROR)
        dataset = try gdal({ .assetNotReadable(name, detail: $0) }) {
            GDALOpenEx(path, flags, allowed.constPointer, nil, nil)
        }
        layerName = layer
    }

    deinit { gdalQuietly { GDALClose(dataset) } }

    /// The attributes of the polygon that is nearest to a place, by distance in Web Mercator.
    /// - Parameter within: degrees; polygons whose box is farther away are not looked at.
    /// - Returns: nil when there is none; empty attributes are left out.
    func nearest(
        longitude: Double, latitude: Double, within reach: Double, fields: [String]
    ) throws -> [String: String]? {
        let first = layerName.map { GDALDatasetGetLayerByName(dataset, $0) } ?? GDALDatasetGetLayer(dataset, 0)
        guard let layer = first else { throw Failure.assetNotReadable("layer", detail: layerName ?? "first") }
        let place = try MercatorPlace(longitude: longitude, latitude: latitude)
        OGR_L_SetSpatialFilterRect(
            layer, longitude - reach, latitude - reach, longitude + reach, latitude + reach)
        defer { OGR_L_SetSpatialFilter(layer, nil) }
        OGR_L_ResetReading(layer)
        var best: (distance: Double, attributes: [String: String])?
        while let feature = OGR_L_GetNextFeature(layer) {
            defer { OGR_F_Destroy(feature) }
            guard let distance = place.distance(to: OGR_F_GetGeometryRef(feature)),
                distance < best?.distance ?? .infinity
            else { continue }
            best = (distance, Self.attributes(feature, fields))
            if distance == 0 { break }
        }
        return best?.attributes
    }

    private static func attributes(_ feature: OGRFeatureH, _ fields: [String]) -> [String: String] {
        var found: [String: String] = [:]
        for field in fields {
            let index = OGR_F_GetFieldIndex(feature, field)
            guard index >= 0, OGR_F_IsFieldSetAndNotNull(feature, index) != 0,
                let text = OGR_F_GetFieldAsString(feature, index), text.pointee != 0
            else { continue }
            found[field] = String(cString: text)
        }
        return found
    }
}

/// A place in Web Mercator from which distances are taken.
private struct MercatorPlace: ~Copyable {
    private let point: OGRGeometryH
    private let transform: OGRCoordinateTransformationH

    init(longitude: Double, latitude: Double) throws {
        let degrees = try CoordinateSystem(epsg: 4326), mercator = try CoordinateSystem(epsg: 3857)
        let (from, to) = (degrees.handle, mercator.handle)
        transform = try gdal({ .crsNotTransformable("EPSG:4326", detail: $0) }) {
            OCTNewCoordinateTransformation(from, to)
        }
        point = OGR_G_CreateGeometry(wkbPoint)
        OGR_G_SetPoint_2D(point, 0, longitude, latitude)
        _ = gdalQuietly { OGR_G_Transform(point, transform) }
    }

    deinit {
        OGR_G_DestroyGeometry(point)
        OCTDestroyCoordinateTransformation(transform)
    }

    /// Metres of the projection, 0 inside; nil for a geometry that cannot be projected.
    func distance(to geometry: OGRGeometryH?) -> Double? {
        guard let geometry, let copy = OGR_G_Clone(geometry) else { return nil }
        defer { OGR_G_DestroyGeometry(copy) }
        return gdalQuietly {
            guard OGR_G_Transform(copy, transform) == OGRERR_NONE else { return nil }
            let distance = OGR_G_Distance(point, copy)
            return distance >= 0 ? distance : nil
        }
    }
}
