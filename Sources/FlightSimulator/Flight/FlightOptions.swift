public import Failures

/// What kind of flight to simulate.
public struct FlightOptions: Sendable {
    /// Photos to take, 2 to 2000, default 20.
    public var images = 20
    /// The same seed gives the same forest and the same flight. Default 1.
    public var seed: UInt64 = 1
    /// Metres above the take-off point, 30 to 500, default 80.
    public var altitude = 80.0
    /// Columns of a photo, 160 to 8000, default 1600; photos are 4:3.
    public var width = 1600
    /// Middle of the flight, WGS 84. Default: a spruce forest in the Harz, Germany.
    public var latitude = 51.7780
    public var longitude = 10.5660
    /// Percent of a photo that the next one in the line shows too, 0 to 95, default 80.
    public var frontOverlap = 80.0
    /// Percent of a photo that the next line shows too, 0 to 95, default 70.
    public var sideOverlap = 70.0
    /// Grid heading of the first line, degrees, default 25.
    public var heading = 25.0
    /// Standard deviation of each stated position, metres, default 0.4.
    public var gpsNoise = 0.4
    /// How many photos state no position, spread over the flight. Default 0.
    public var withoutGPS = 0
    /// How many photos break off in the middle of the file, spread over the flight. Default 0.
    public var truncated = 0

    public init() {}

    /// Throws `flight_option` with a sentence about the first option that is out of range.
    public func validate() throws(Failure) {
        let checks: [(Bool, String)] = [
            ((2...2000).contains(images), "a flight takes 2 to 2000 images, not \(images)"),
            ((30...500).contains(altitude), "the altitude must be 30 to 500 metres, not \(altitude)"),
            ((160...8000).contains(width), "photos are 160 to 8000 pixels wide, not \(width)"),
            ((-80...80).contains(latitude), "the latitude must be -80 to 80 degrees, not \(latitude)"),
            ((-180...180).contains(longitude), "the longitude must be -180 to 180 degrees, not \(longitude)"),
            ((0...95).contains(frontOverlap), "the front overlap must be 0 to 95 percent, not \(frontOverlap)"),
            ((0...95).contains(sideOverlap), "the side overlap must be 0 to 95 percent, not \(sideOverlap)"),
            ((0...50).contains(gpsNoise), "the GPS noise must be 0 to 50 metres, not \(gpsNoise)"),
            (heading.isFinite, "the heading must be a number of degrees"),
            ((0...images).contains(withoutGPS), "at most \(images) images can be without GPS, not \(withoutGPS)"),
            ((0...images).contains(truncated), "at most \(images) images can be truncated, not \(truncated)"),
        ]
        if let problem = checks.first(where: { !$0.0 }) { throw .flightOption(problem.1) }
    }
}
