/// What one photo says about itself: EXIF, and DJI's XMP where there is any.
///
/// Angles are degrees, lengths metres unless named otherwise. Anything the file does not state is `nil`.
public struct PhotoMetadata: Codable, Equatable, Sendable {
    /// Pixels as stored, before `orientation` is applied.
    public var width: Int?
    public var height: Int?
    /// EXIF Orientation, 1 to 8.
    public var orientation: Int?
    public var make: String?
    public var model: String?
    public var serialNumber: String?
    /// DateTimeOriginal, else DateTimeDigitized, else DateTime, as written: `2016-06-23T16:31:59`, local time
    /// of the camera, with `OffsetTimeOriginal` appended where the file has one (`…+02:00`).
    public var takenAt: String?
    /// WGS 84, signed by hemisphere.
    public var latitude: Double?
    public var longitude: Double?
    /// GPSAltitude, negative below sea level.
    public var altitude: Double?
    /// Millimetres.
    public var focalLength: Double?
    /// 35 mm equivalent, millimetres.
    public var focalLength35: Double?
    /// Seconds.
    public var exposureTime: Double?
    public var fNumber: Double?
    public var iso: Int?
    /// Height above the take-off point (XMP `drone-dji:RelativeAltitude`).
    public var relativeAltitude: Double?
    /// Compass heading of the camera's up direction, 0 to 360 (XMP `GimbalYawDegree`).
    public var gimbalYaw: Double?
    /// -90 looks straight down (XMP `GimbalPitchDegree` or `CameraPitchDegree`).
    public var gimbalPitch: Double?
    public var gimbalRoll: Double?
    /// Heading of the aircraft (XMP `FlightYawDegree`).
    public var flightYaw: Double?
    /// XMP `RtkFlag`: 0 none, 16 single, 34 float, 50 fixed.
    public var rtkFlag: Int?
    /// XMP `RtkStdLat`, `RtkStdLon`, `RtkStdHgt`, metres.
    public var rtkStandardDeviation: [Double]?
    /// Multispectral band name (XMP `Camera:BandName`), nil for ordinary photos.
    public var bandName: String?

    public init() {}
}
