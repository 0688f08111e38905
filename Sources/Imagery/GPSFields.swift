/// Position from EXIF's GPS directory, or a sentence on why there is none.
struct GPSFields {
    private(set) var latitude: Double?
    private(set) var longitude: Double?
    private(set) var altitude: Double?
    private(set) var problem: String?

    /// `stated` are the tags that are there, readable or not.
    init(_ tags: [UInt16: TagValue], stated: Set<UInt16>) {
        altitude = Self.altitude(tags[6], below: tags[5])
        guard stated.contains(2) || stated.contains(4) else { return }
        guard let north = Self.degrees(tags[2]), let east = Self.degrees(tags[4]) else {
            problem = "its GPS position is not a number"
            return
        }
        guard let northSign = Self.sign(tags[1], "N", "S"), let eastSign = Self.sign(tags[3], "E", "W") else {
            problem = "its GPS position names no hemisphere"
            return
        }
        guard north <= 90, east <= 180 else {
            problem = "its GPS position is not on the globe"
            return
        }
        // What receivers write before they have a fix.
        guard north != 0 || east != 0 else {
            problem = "its GPS position is 0 N 0 E, which means that there was no fix"
            return
        }
        latitude = north * northSign
        longitude = east * eastSign
    }

    /// Degrees, minutes and seconds; one number means degrees only.
    private static func degrees(_ value: TagValue?) -> Double? {
        let parts: [Double]
        switch value {
        case .numbers(let numbers)? where numbers.count <= 3: parts = numbers
        case .number(let number)?: parts = [number]
        default: return nil
        }
        guard parts.allSatisfy({ $0.isFinite && $0 >= 0 }) else { return nil }
        return zip(parts, [1, 60, 3600]).reduce(0) { $0 + $1.0 / $1.1 }
    }

    private static func sign(_ value: TagValue?, _ positive: Character, _ negative: Character) -> Double? {
        switch value?.text?.uppercased().first {
        case positive: 1
        case negative: -1
        default: nil
        }
    }

    private static func altitude(_ value: TagValue?, below: TagValue?) -> Double? {
        // The reference is a byte; some cameras write the digit as text. Odd: below the sea (or the ellipsoid).
        let isBelow = (below?.double ?? 0).truncatingRemainder(dividingBy: 2) == 1
        guard let metres = value?.double, abs(metres) < 20_000 else { return nil }
        return isBelow ? -abs(metres) : metres
    }
}
