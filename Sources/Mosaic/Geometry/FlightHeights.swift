internal import Imagery

/// Heights above the take-off point, also for photos that only state their altitude above the sea.
struct FlightHeights {
    /// Altitude of the take-off point, from the photos that state both heights.
    private let takeOffAltitude: Double?

    init(_ sources: [SourcePhoto]) {
        takeOffAltitude = median(
            sources.compactMap { source in
                guard let altitude = source.metadata.altitude, let relative = source.metadata.relativeAltitude
                else { return nil }
                return altitude - relative
            })
    }

    /// Metres above take-off, nil where unknown or not plausible for a drone that photographs the ground.
    func height(of source: SourcePhoto) -> Double? {
        let fromAltitude = takeOffAltitude.flatMap { ground in source.metadata.altitude.map { $0 - ground } }
        guard let height = source.metadata.relativeAltitude ?? fromAltitude, (3...5000).contains(height)
        else { return nil }
        return height
    }
}
