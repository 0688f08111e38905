/// What standardising found and did.
public struct StandardiseReport: Codable, Equatable, Sendable {
    public enum Placement: String, Codable, Sendable { case northUp, turned, controlPoints }

    public enum Validity: String, Codable, Sendable {
        /// Every pixel is valid; the result is RGB.
        case everywhere
        case alphaBand
        /// A band that nobody called alpha but that holds only off and on.
        case unmarkedAlphaBand
        case mask
        /// A value that the header declares.
        case declaredNodata
        /// A value that no header declares but that fills the border.
        case detectedCollar
        /// Transparent colours of a palette.
        case palette
        /// NaN and other numbers that are none.
        case notANumber
    }

    /// The input met the standard in every property and was copied.
    public var alreadyStandard = false
    /// In what it did not.
    public var deviations: [String] = []
    public var width = 0
    public var height = 0
    /// 3 or 4.
    public var bands = 0
    /// EPSG code of the horizontal coordinate system, where it has one.
    public var epsg: Int?
    public var crs = ""
    public var placement = Placement.northUp
    public var sourceType = PixelType.uint8
    public var sourceBands = 0
    /// The source's bands that became red, green and blue.
    public var colorBands: [Int] = []
    public var validity = Validity.everywhere
    /// The values that counted as invalid, one per colour band.
    public var nodata: [Double]?
    /// How each colour band's values became 0…255; empty for 8-bit input.
    public var stretches: [Stretch] = []
    /// Share of valid pixels, 0…1, of the source's pixels.
    public var validShare: Double?
    /// What the result tells of itself.
    public var image: ImageFacts?
}

extension StandardiseReport {
    init(
        _ source: borrowing RasterSource, _ place: borrowing Georeference, _ findings: PixelFindings
    ) {
        deviations = StandardProfile.deviations(source, place, findings)
        (width, height, bands) = (source.raster.width, source.raster.height, source.channelCount)
        (epsg, crs) = (place.crs.epsg, place.crs.name)
        placement =
            switch place.placement {
            case .northUp: .northUp
            case .turned: .turned
            case .controlPoints: .controlPoints
            }
        (sourceType, sourceBands) = (source.type, source.bands.count)
        colorBands = source.plan.channels.map { [bands = source.plan.colorBands] in bands[$0] }
        validity = Self.validity(source, findings)
        nodata = source.plan.nodata?.allSatisfy(\.isFinite) == true ? source.plan.nodata : nil
        stretches = source.stretches
    }

    private static func validity(_ source: borrowing RasterSource, _ findings: PixelFindings) -> Validity {
        if findings.unmarkedAlpha != nil { return .unmarkedAlphaBand }
        if source.plan.alpha != nil { return .alphaBand }
        if source.plan.usesMask { return .mask }
        if findings.collar != nil { return .detectedCollar }
        if let nodata = source.plan.nodata { return nodata.allSatisfy(\.isNaN) ? .notANumber : .declaredNodata }
        if source.type.isFloat { return .notANumber }
        return source.hasValidity ? .palette : .everywhere
    }
}
