public import Imagery

/// A lens without distortion in front of a sensor: enough for drone cameras, which correct their own JPEGs.
public struct PinholeCamera: Equatable, Sendable {
    /// Pixels as stored. EXIF's Orientation is not applied, as in ODM: yaw refers to the sensor.
    public let width: Int
    public let height: Int
    /// Focal length in pixels.
    public let focalLength: Double

    public init(width: Int, height: Int, focalLength: Double) {
        self.width = width
        self.height = height
        self.focalLength = focalLength
    }

    /// The camera that took a photo, nil where the photo does not say enough: size in pixels, and either a
    /// known sensor with the focal length or the focal length's 35 mm equivalent.
    public init?(_ photo: PhotoMetadata) {
        guard let width = photo.width, let height = photo.height, width > 0, height > 0 else { return nil }
        let longSide = Double(max(width, height))
        let ratio: Double
        if let millimetres = photo.focalLength, millimetres > 0, let sensor = Self.sensorWidth(photo.model) {
            ratio = millimetres / sensor
        } else if let equivalent = photo.focalLength35, equivalent > 0 {
            ratio = equivalent / Self.filmDiagonal * Self.diagonal(longSide, Double(min(width, height))) / longSide
        } else {
            return nil
        }
        guard ratio.isFinite, (0.2...20).contains(ratio) else { return nil }
        self.init(width: width, height: height, focalLength: ratio * longSide)
    }

    /// Diagonal of a 36 mm × 24 mm frame. The 35 mm equivalent compares diagonals.
    /// Source: https://www.cipa.jp/std/documents/e/DCG-001_E.pdf
    private static let filmDiagonal = 43.266615

    /// Diagonal of the frame that the 35 mm equivalent was computed for: drones cut 16:9 photos out of a 4:3
    /// sensor and go on stating the equivalent of the whole sensor.
    private static func diagonal(_ long: Double, _ short: Double) -> Double {
        let full = short / long < 0.6 ? long * 0.75 : short
        return (long * long + full * full).squareRoot()
    }

    /// Width in millimetres of the sensors of common DJI cameras, by EXIF model.
    ///
    /// Needed where the stated 35 mm equivalent is rounded. Source: https://www.dji.com/products/comparison-consumer-drones
    private static let sensorWidths: [String: Double] = [
        "FC300C": 6.17, "FC300S": 6.17, "FC300X": 6.17, "FC330": 6.17, "FC350": 6.17, "FC220": 6.17,
        "FC7203": 6.17, "FC7303": 6.17, "FC2103": 6.17, "FC6310": 13.2, "FC6310S": 13.2, "FC6310R": 13.2,
        "L1D-20C": 13.2, "FC3411": 13.2, "FC550": 17.3, "FC6520": 17.3, "L2D-20C": 17.3, "M3E": 17.3,
        "ZENMUSEP1": 35.9,
    ]

    private static func sensorWidth(_ model: String?) -> Double? {
        model.flatMap { sensorWidths[$0.uppercased().filter { !$0.isWhitespace && $0 != "\0" }] }
    }
}
