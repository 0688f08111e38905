/// What a raster file is, in the shape that the platform keeps in `v2_orthos.ortho_info` and `v2_cogs.cog_info`:
/// the names are rio-cogeo's. Source: https://cogeotiff.github.io/rio-cogeo/API/rio_cogeo/cogeo/#cog_info
public struct RasterInfo: Codable, Equatable, Sendable {
    /// The file's own name; folders of the host are nobody's business.
    public var path: String
    public var driver: String
    public var isCOG: Bool
    @OrNull public var compression: String?
    @OrNull public var colorSpace: String?
    @OrNull public var cogErrors: [String]?
    @OrNull public var cogWarnings: [String]?
    public var profile: Profile
    public var geo: Geo
    public var tags: [String: [String: String]]
    public var bandMetadata: [String: BandMetadata]
    public var directories: [Directory]

    enum CodingKeys: String, CodingKey {
        case path = "Path"
        case driver = "Driver"
        case isCOG = "COG"
        case compression = "Compression"
        case colorSpace = "ColorSpace"
        case cogErrors = "COG_errors"
        case cogWarnings = "COG_warnings"
        case profile = "Profile"
        case geo = "GEO"
        case tags = "Tags"
        case bandMetadata = "Band_Metadata"
        case directories = "IFD"
    }

    public struct Profile: Codable, Equatable, Sendable {
        public var bands: Int
        public var width: Int
        public var height: Int
        public var isTiled: Bool
        public var type: String
        public var interleave: String
        public var hasAlphaBand: Bool
        public var hasInternalMask: Bool
        @OrNull public var nodata: JSONNumber?
        public var colors: [String]
        public var hasColorMap: Bool
        public var scales: [JSONNumber]
        public var offsets: [JSONNumber]

        enum CodingKeys: String, CodingKey {
            case bands = "Bands"
            case width = "Width"
            case height = "Height"
            case isTiled = "Tiled"
            case type = "Dtype"
            case interleave = "Interleave"
            case hasAlphaBand = "AlphaBand"
            case hasInternalMask = "InternalMask"
            case nodata = "Nodata"
            case colors = "ColorInterp"
            case hasColorMap = "ColorMap"
            case scales = "Scales"
            case offsets = "Offsets"
        }
    }

    public struct Geo: Codable, Equatable, Sendable {
        /// `EPSG:…`, or WKT for a system without a code.
        @OrNull public var crs: String?
        /// West, south, east, north in the file's own system.
        public var boundingBox: [JSONNumber]
        public var origin: [JSONNumber]
        public var resolution: [JSONNumber]
        /// Levels of the web map between which the file is worth showing.
        @OrNull public var minZoom: Int?
        @OrNull public var maxZoom: Int?

        enum CodingKeys: String, CodingKey {
            case crs = "CRS"
            case boundingBox = "BoundingBox"
            case origin = "Origin"
            case resolution = "Resolution"
            case minZoom = "MinZoom"
            case maxZoom = "MaxZoom"
        }
    }

    public struct BandMetadata: Codable, Equatable, Sendable {
        @OrNull public var description: String?
        public var color: String
        public var offset: JSONNumber
        public var scale: JSONNumber
        public var metadata: [String: String]

        enum CodingKeys: String, CodingKey {
            case description = "Description"
            case color = "ColorInterp"
            case offset = "Offset"
            case scale = "Scale"
            case metadata = "Metadata"
        }
    }

    /// An image file directory: the full image (level 0) or an overview.
    public struct Directory: Codable, Equatable, Sendable {
        public var level: Int
        public var width: Int
        public var height: Int
        /// Rows, then columns.
        public var blockSize: [Int]
        public var decimation: Int

        enum CodingKeys: String, CodingKey {
            case level = "Level"
            case width = "Width"
            case height = "Height"
            case blockSize = "Blocksize"
            case decimation = "Decimation"
        }
    }
}
