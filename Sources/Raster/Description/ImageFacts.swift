import Foundation

/// What an orthophoto tells of itself.
public struct ImageFacts: Codable, Equatable, Sendable {
    /// Ground sampling distance in the middle of the image: centimetres on the ground for each pixel, the mean of across
    /// and down.
    public var gsdCm: Double
    /// Hectares on the ground that valid pixels cover.
    public var areaHa: Double
    /// Share of valid pixels, 0…1.
    public var validShare: Double
    /// How sharp the picture is: the median, over small windows all over the image, of the standard deviation of what
    /// the Laplace operator leaves of their brightness, in grey values of 0…255. Below about 3 it is blurred, or
    /// shows nothing that could be sharp. Nil where no window is valid throughout.
    /// Source of the measure: Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy", 2000
    @OrNull public var sharpness: Double?

    enum CodingKeys: String, CodingKey {
        case gsdCm = "gsd_cm"
        case areaHa = "area_ha"
        case validShare = "valid_share"
        case sharpness
    }
}

extension ImageFacts {
    /// - Parameters:
    ///   - transform: where the pixels lie in `crs`.
    ///   - validShare: of all pixels.
    /// - Returns: nil where a pixel has no size on the ground.
    init?(
        _ source: borrowing RasterSource, _ crs: borrowing CoordinateSystem, _ transform: GeoTransform,
        validShare: Double
    ) throws {
        let (width, height) = (source.raster.width, source.raster.height)
        let degrees = try CoordinateTransform(from: crs, to: CoordinateSystem(epsg: 4326))
        guard let pixel = Self.pixelSize(degrees, transform, width, height) else { return nil }
        gsdCm = (pixel.across + pixel.down) / 2 * 100
        areaHa = pixel.across * pixel.down * Double(width) * Double(height) * validShare / 10_000
        self.validShare = validShare
        sharpness = try Self.sharpness(source)
    }

    /// Metres on the ground, around the middle of the image. A stretch of 100 pixels is measured, for a single one may
    /// be smaller than the rounding of degrees.
    private static func pixelSize(
        _ degrees: borrowing CoordinateTransform, _ transform: GeoTransform, _ width: Int, _ height: Int
    ) -> (across: Double, down: Double)? {
        let (column, row) = (Double(width) / 2, Double(height) / 2), stretch = 100.0
        let places = degrees.points(
            [(column, row), (column + stretch, row), (column, row + stretch)].map {
                transform.apply(column: $0.0, row: $0.1)
            })
        guard let here = places[0], let right = places[1], let below = places[2] else { return nil }
        let across = distance(here, right) / stretch, down = distance(here, below) / stretch
        return across > 0 && down > 0 ? (across, down) : nil
    }

    /// Metres between two places near each other, in degrees.
    /// Source: WGS 84 (NIMA TR8350.2); radii of curvature along the meridian and across it
    private static func distance(_ a: (x: Double, y: Double), _ b: (x: Double, y: Double)) -> Double {
        let axis = 6_378_137.0, eccentricity = 0.006_694_379_990_14
        let latitude = (a.y + b.y) / 2 * .pi / 180, root = (1 - eccentricity * pow(sin(latitude), 2)).squareRoot()
        let north = (b.y - a.y) * .pi / 180 * axis * (1 - eccentricity) / (root * root * root)
        // The short way around the date line.
        let east = (b.x - a.x).remainder(dividingBy: 360) * .pi / 180 * axis * cos(latitude) / root
        return hypot(north, east)
    }

    private static func sharpness(_ source: borrowing RasterSource) throws -> Double? {
        let image = RGBAImage()
        var found: [Double] = []
        // Each window costs a tile: few are enough for a median.
        for window in SampleGrid.windows(width: source.raster.width, height: source.raster.height, perSide: 5) {
            try source.read(window, into: image)
            if let value = image.sharpness { found.append(value) }
        }
        return found.isEmpty ? nil : found.sorted()[found.count / 2]
    }
}

extension RGBAImage {
    /// The standard deviation of the Laplace operator over the brightness; nil where a pixel is invalid.
    fileprivate var sharpness: Double? {
        guard width > 2, height > 2, words.allSatisfy({ $0 != 0 }) else { return nil }
        // Brightness as in ITU-R BT.601, in thousandths.
        let grey = words.map { Int($0 & 255) * 299 + Int($0 >> 8 & 255) * 587 + Int($0 >> 16 & 255) * 114 }
        var sum = 0.0, squares = 0.0
        for y in 1..<height - 1 {
            for x in 1..<width - 1 {
                let at = y * width + x
                let value =
                    Double(4 * grey[at] - grey[at - 1] - grey[at + 1] - grey[at - width] - grey[at + width]) / 1000
                sum += value
                squares += value * value
            }
        }
        let count = Double((width - 2) * (height - 2))
        return max(0, squares / count - (sum / count) * (sum / count)).squareRoot()
    }
}
