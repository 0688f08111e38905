import Failures

/// Looks a place up in the data of `ASSETS_DIR`. What is missing or broken there is an empty answer, never a
/// failure: no dataset should wait for its country's name.
public struct MetadataLookup: Sendable {
    private let folder: String?

    /// - Parameter assets: the folder with `gadm/`, `biom/` and `pheno/`; nil leaves everything unknown.
    public init(assets: String?) { folder = assets }

    /// - Parameters: degrees in WGS 84.
    public func metadata(longitude: Double, latitude: Double) -> DatasetMetadata {
        DatasetMetadata(
            gadm: adminLevels(longitude, latitude), biome: biome(longitude, latitude),
            phenology: phenology(longitude, latitude))
    }

    private func adminLevels(_ longitude: Double, _ latitude: Double) -> DatasetMetadata.AdminLevels {
        let found = nearest(
            "gadm/gadm_410.gpkg", "gadm_410", ["NAME_0", "NAME_2", "NAME_4"], longitude, latitude)
        return DatasetMetadata.AdminLevels(
            level1: found?["NAME_0"], level2: found?["NAME_2"], level3: found?["NAME_4"])
    }

    private func biome(_ longitude: Double, _ latitude: Double) -> DatasetMetadata.Biome {
        let found = nearest("biom/terres_ecosystems.gpkg", nil, ["BIOME"], longitude, latitude)
        // The column is a number with fraction in some editions of the file.
        guard let id = found?["BIOME"].flatMap({ Double($0) }).map({ Int($0) }),
            DatasetMetadata.Biome.names.indices.contains(id - 1)
        else { return DatasetMetadata.Biome(name: nil, id: nil) }
        return DatasetMetadata.Biome(name: DatasetMetadata.Biome.names[id - 1], id: id)
    }

    private func phenology(_ longitude: Double, _ latitude: Double) -> DatasetMetadata.Phenology? {
        guard let folder else { return nil }
        let path = "\(folder)/pheno/modispheno_aggregated_normalized_filled.zarr"
        let curve = try? PhenologyCube(opening: path)  // what is absent or broken leaves the answer empty
            .curve(longitude: longitude, latitude: latitude)
        return curve.map { DatasetMetadata.Phenology(curve: $0) }
    }

    private func nearest(
        _ file: String, _ layer: String?, _ fields: [String], _ longitude: Double, _ latitude: Double
    ) -> [String: String]? {
        guard let folder else { return nil }
        return try? PolygonLayer(opening: "\(folder)/\(file)", layer: layer)  // As above.
            .nearest(longitude: longitude, latitude: latitude, within: 0.1, fields: fields)
    }
}

extension Bounds {
    /// Reads `BOX(west south,east north)`, as `v2_orthos.bbox` is written.
    public init?(box: String) {
        guard box.hasPrefix("BOX("), box.hasSuffix(")") else { return nil }
        let numbers = box.dropFirst(4).dropLast().split { $0 == " " || $0 == "," }.compactMap { Double($0) }
        guard numbers.count == 4 else { return nil }
        self.init(west: numbers[0], south: numbers[1], east: numbers[2], north: numbers[3])
    }

    /// The same in writing.
    public var box: String { "BOX(\(west) \(south),\(east) \(north))" }
}
