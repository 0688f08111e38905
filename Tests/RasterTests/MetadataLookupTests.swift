import CGDAL
import Foundation
import Testing

@testable import Raster

@Suite struct MetadataLookupTests {
    let folder = TemporaryFolder()

    /// A GeoPackage with one layer of squares of half a degree.
    private func makeSquares(_ file: String, layer: String, _ squares: [(x: Double, y: Double, [String: String])])
        throws
    {
        _ = GDALLibrary.ready
        let path = folder.file(file)
        try FileManager.default.createDirectory(
            atPath: URL(fileURLWithPath: path).deletingLastPathComponent().path, withIntermediateDirectories: true)
        let dataset = try #require(GDALCreate(GDALGetDriverByName("GPKG"), path, 0, 0, 0, GDT_Unknown, nil))
        defer { GDALClose(dataset) }
        let crs = try CoordinateSystem(epsg: 4326)
        let layer = try #require(GDALDatasetCreateLayer(dataset, layer, crs.handle, wkbPolygon, nil))
        for name in Set(squares.flatMap { $0.2.keys }) {
            let field = OGR_Fld_Create(name, OFTString)
            OGR_L_CreateField(layer, field, 1)
            OGR_Fld_Destroy(field)
        }
        for (x, y, attributes) in squares {
            let feature = OGR_F_Create(OGR_L_GetLayerDefn(layer))
            for (name, value) in attributes { OGR_F_SetFieldString(feature, OGR_F_GetFieldIndex(feature, name), value) }
            var geometry: OGRGeometryH?
            var wkt = Array(
                "POLYGON((\(x) \(y),\(x + 0.5) \(y),\(x + 0.5) \(y + 0.5),\(x) \(y + 0.5),\(x) \(y)))".utf8CString)
            wkt.withUnsafeMutableBufferPointer { buffer in
                var cursor = buffer.baseAddress
                OGR_G_CreateFromWkt(&cursor, nil, &geometry)
            }
            OGR_F_SetGeometryDirectly(feature, geometry)
            #expect(OGR_L_CreateFeature(layer, feature) == OGRERR_NONE)
            OGR_F_Destroy(feature)
        }
    }

    /// A Zarr group (version 2, uncompressed, one chunk an array), written by hand.
    private func makeCube(valid: Set<Int>, columns: Int = 4, rows: Int = 3) throws {
        let root = folder.file("pheno/modispheno_aggregated_normalized_filled.zarr")
        func array(_ name: String, _ shape: [Int], _ type: String, _ bytes: [UInt8]) throws {
            try FileManager.default.createDirectory(atPath: "\(root)/\(name)", withIntermediateDirectories: true)
            let head = """
                {"zarr_format":2,"shape":\(shape),"chunks":\(shape),"dtype":"\(type)","compressor":null,
                "fill_value":null,"order":"C","filters":null}
                """
            try Data(head.utf8).write(to: URL(fileURLWithPath: "\(root)/\(name)/.zarray"))
            let chunk = shape.map { _ in "0" }.joined(separator: ".")
            try Data(bytes).write(to: URL(fileURLWithPath: "\(root)/\(name)/\(chunk)"))
        }
        func doubles(_ values: [Double]) -> [UInt8] {
            values.flatMap { value in withUnsafeBytes(of: value) { Array($0) } }
        }
        try array("x", [columns], "<f8", doubles((0..<columns).map { Double($0) * 100_000 }))
        try array("y", [rows], "<f8", doubles((0..<rows).map { 200_000 - Double($0) * 100_000 }))
        let pixels = rows * columns
        try array("nan_mask", [rows, columns], "|b1", (0..<pixels).map { valid.contains($0) ? 0 : 1 })
        try array(
            "phenology", [rows, columns, 366], "|u1",
            (0..<pixels).flatMap { pixel in (0..<366).map { day in UInt8((pixel * 10 + day) % 256) } })
        try Data(#"{"zarr_format":2}"#.utf8).write(to: URL(fileURLWithPath: "\(root)/.zgroup"))
    }

    @Test func namesThePlaceByThePolygonAroundIt() throws {
        try makeSquares(
            "gadm/gadm_410.gpkg", layer: "gadm_410",
            [
                (9, 48, ["NAME_0": "Germany", "NAME_2": "Here", "NAME_4": "Town"]),
                (9.5, 48, ["NAME_0": "Germany", "NAME_2": "There"]),
            ])
        let lookup = MetadataLookup(assets: folder.path)
        let inside = lookup.metadata(longitude: 9.49, latitude: 48.2).gadm
        #expect(inside.level1 == "Germany" && inside.level2 == "Here" && inside.level3 == "Town")
        let other = lookup.metadata(longitude: 9.51, latitude: 48.2).gadm
        #expect(other.level2 == "There" && other.level3 == nil)
        #expect(lookup.metadata(longitude: 10.05, latitude: 48.2).gadm.level2 == "There")
        #expect(lookup.metadata(longitude: 10.2, latitude: 48.2).gadm.level1 == nil)
    }

    @Test(arguments: [("4", "Temperate Broadleaf & Mixed Forests"), ("14.0", "Mangroves"), ("99", nil)])
    func namesTheBiome(code: String, name: String?) throws {
        try makeSquares("biom/terres_ecosystems.gpkg", layer: "terres_ecosystems", [(9, 48, ["BIOME": code])])
        let biome = MetadataLookup(assets: folder.path).metadata(longitude: 9.1, latitude: 48.1).biome
        #expect(biome.name == name)
        #expect((biome.id == nil) == (name == nil))
    }

    @Test func readsTheCurveOfThePixel() throws {
        try makeCube(valid: Set(0..<12))
        // 100 km east at the equator is 0.8993 degrees.
        let curve = MetadataLookup(assets: folder.path).metadata(longitude: 0.9, latitude: 0.9).phenology?.curve
        #expect(curve == (0..<366).map { (5 * 10 + $0) % 256 })
    }

    @Test func takesTheNearestPixelThatHasACurve() throws {
        try makeCube(valid: [0, 3])
        let curve = MetadataLookup(assets: folder.path).metadata(longitude: 2.0, latitude: 0.9).phenology?.curve
        #expect(curve?.first == 30)
    }

    @Test func knowsNothingWithoutAssets() throws {
        try makeCube(valid: [])
        for assets in [nil, folder.path, folder.file("none")] {
            let found = MetadataLookup(assets: assets).metadata(longitude: 9, latitude: 48)
            let json = try JSONSerialization.jsonObject(with: JSONEncoder().encode(found)) as? [String: [String: Any]]
            #expect(json?["gadm"]?["admin_level_1"] is NSNull)
            #expect(json?["biome"]?["biome_id"] is NSNull)
            #expect(json?["gadm"]?["version"] as? String == "4.1.0")
            #expect(json?.keys.contains("phenology") == false)
        }
    }

    @Test func readsAndWritesTheBoxOfTheDatabase() throws {
        let box = try #require(Bounds(box: "BOX(9 48,9.5 48.25)"))
        #expect(box.center == (9.25, 48.125))
        #expect(Bounds(box: box.box) == box)
        #expect(Bounds(box: "POINT(9 48)") == nil)
    }
}
