import CGDAL

/// What a dataset says of one band, read at the moment of asking: a plain copy that needs no open file.
public struct RasterBand: Codable, Equatable, Sendable {
    public var type: PixelType?
    public var color: ColorInterpretation
    public var nodata: Double?
    public var blockWidth: Int
    public var blockHeight: Int
    public var overviews: [OverviewSize]
    public var mask: MaskFlags
    /// Colours of a palette band, RGBA.
    public var palette: [[UInt8]]?
    public var scale: Double?
    public var offset: Double?
    public var description: String

    public struct OverviewSize: Codable, Equatable, Sendable {
        public var width: Int
        public var height: Int
        public var blockWidth: Int
        public var blockHeight: Int
    }

    /// Where validity comes from. Source: https://gdal.org/development/rfc/rfc15_nodatabitmask.html
    public struct MaskFlags: OptionSet, Codable, Sendable {
        public let rawValue: Int32
        public init(rawValue: Int32) { self.rawValue = rawValue }
        public static let allValid = MaskFlags(rawValue: GMF_ALL_VALID)
        public static let perDataset = MaskFlags(rawValue: GMF_PER_DATASET)
        public static let alpha = MaskFlags(rawValue: GMF_ALPHA)
        public static let nodata = MaskFlags(rawValue: GMF_NODATA)
    }
}

extension RasterBand {
    /// Grey that counts from white to black, which GDAL shows as a palette.
    var isWhiteZero: Bool { palette?.first?.prefix(3) == [255, 255, 255] && palette?.last?.prefix(3) == [0, 0, 0] }

    init(handle band: GDALRasterBandH?) {
        self.init(
            type: nil, color: .undefined, nodata: nil, blockWidth: 0, blockHeight: 0, overviews: [], mask: [],
            palette: nil, scale: nil, offset: nil, description: "")
        guard let band else { return }
        type = PixelType(code: GDALGetRasterDataType(band))
        color = ColorInterpretation(code: GDALGetRasterColorInterpretation(band))
        nodata = Self.optional { GDALGetRasterNoDataValue(band, $0) }
        (blockWidth, blockHeight) = Self.blockSize(band)
        overviews = (0..<min(GDALGetOverviewCount(band), Self.mostOverviews)).compactMap { index in
            GDALGetOverview(band, index).map { overview in
                let block = Self.blockSize(overview)
                return OverviewSize(
                    width: Int(GDALGetRasterBandXSize(overview)), height: Int(GDALGetRasterBandYSize(overview)),
                    blockWidth: block.0, blockHeight: block.1)
            }
        }
        mask = MaskFlags(rawValue: GDALGetMaskFlags(band))
        palette = GDALGetRasterColorTable(band).map(Self.colors)
        scale = Self.optional { GDALGetRasterScale(band, $0) }
        offset = Self.optional { GDALGetRasterOffset(band, $0) }
        description = String(cString: GDALGetDescription(band))
    }

    /// Each halves the one before, so that no image has half as many.
    private static let mostOverviews: Int32 = 64

    private static func blockSize(_ band: GDALRasterBandH) -> (Int, Int) {
        var width: Int32 = 0, height: Int32 = 0
        GDALGetBlockSize(band, &width, &height)
        return (Int(width), Int(height))
    }

    private static func optional(_ ask: (UnsafeMutablePointer<Int32>) -> Double) -> Double? {
        var found: Int32 = 0
        let value = ask(&found)
        return found != 0 ? value : nil
    }

    private static func colors(_ table: GDALColorTableH) -> [[UInt8]] {
        (0..<GDALGetColorEntryCount(table)).map { index in
            guard let entry = GDALGetColorEntry(table, index)?.pointee else { return [0, 0, 0, 0] }
            return [entry.c1, entry.c2, entry.c3, entry.c4].map { UInt8(clamping: $0) }
        }
    }
}
