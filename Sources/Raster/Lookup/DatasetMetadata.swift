/// What is known of a place from world-wide data sets: `v2_metadata.metadata`, in the platform's own keys.
public struct DatasetMetadata: Codable, Equatable, Sendable {
    public var gadm: AdminLevels
    public var biome: Biome
    /// Left out of the JSON when there is no data.
    public var phenology: Phenology?

    /// Country, district and municipality by GADM.
    public struct AdminLevels: Codable, Equatable, Sendable {
        @OrNull public var level1: String?
        @OrNull public var level2: String?
        @OrNull public var level3: String?
        public var source = "GADM"
        public var version = "4.1.0"

        enum CodingKeys: String, CodingKey {
            case level1 = "admin_level_1"
            case level2 = "admin_level_2"
            case level3 = "admin_level_3"
            case source, version
        }
    }

    public struct Biome: Codable, Equatable, Sendable {
        @OrNull public var name: String?
        /// 1…14.
        @OrNull public var id: Int?
        public var source = "WWF Terrestrial Ecoregions"
        public var version = "2.0"

        enum CodingKeys: String, CodingKey {
            case name = "biome_name"
            case id = "biome_id"
            case source, version
        }

        /// Source: https://www.worldwildlife.org/publications/terrestrial-ecoregions-of-the-world
        static let names = [
            "Tropical & Subtropical Moist Broadleaf Forests", "Tropical & Subtropical Dry Broadleaf Forests",
            "Tropical & Subtropical Coniferous Forests", "Temperate Broadleaf & Mixed Forests",
            "Temperate Conifer Forests", "Boreal Forests/Taiga",
            "Tropical & Subtropical Grasslands, Savannas & Shrublands", "Temperate Grasslands, Savannas & Shrublands",
            "Flooded Grasslands & Savannas", "Montane Grasslands & Shrublands", "Tundra",
            "Mediterranean Forests, Woodlands & Scrub", "Deserts & Xeric Shrublands", "Mangroves",
        ]
    }

    /// A year of greenness: 366 values of 0…255, the first for 1 January.
    public struct Phenology: Codable, Equatable, Sendable {
        public var curve: [Int]
        public var source = "MODIS Phenology"
        public var version = "1.0"

        enum CodingKeys: String, CodingKey {
            case curve = "phenology_curve"
            case source, version
        }
    }
}
