import Foundation

extension ImageSet {
    /// Fills in what the photos say together.
    mutating func describe(photos found: [SetScan.Found], tags: TagSummary) {
        photos = found.map(\.photo)
        bytes = photos.reduce(0) { $0 + $1.bytes }
        formats = Self.counts(photos.map(\.format.rawValue))
        let metadata = photos.map(\.metadata)
        let pixelSizes = metadata.compactMap { photo in photo.width.flatMap { w in photo.height.map { (w, $0) } } }
        sizes = Self.counts(pixelSizes.map { "\($0.0)x\($0.1)" })
        megapixels = (pixelSizes.reduce(0.0) { $0 + Double($1.0) * Double($1.1) } / 1e4).rounded() / 100
        cameras = Self.cameras(metadata)
        gps = Extent(metadata)
        flight = Flight(metadata)
        describeTime(metadata)
        tags.write(to: &cameraMetadata)
        cameraMetadata.set.photos = photos.count
        cameraMetadata.set.bytes = bytes
        cameraMetadata.set.megapixels = megapixels
        cameraMetadata.set.cameras = cameras
        cameraMetadata.set.sizes = sizes
        cameraMetadata.set.gps = gps
        cameraMetadata.set.flight = flight
        cameraMetadata.set.from = from
        cameraMetadata.set.to = to
    }

    private static func counts(_ values: [String]) -> [String: Int] {
        Dictionary(values.map { ($0, 1) }, uniquingKeysWith: +)
    }

    private static func cameras(_ photos: [PhotoMetadata]) -> [Camera] {
        let keys = photos.map { Camera(make: $0.make, model: $0.model, serial: $0.serialNumber, photos: 1) }
        let counts = Dictionary(keys.map { ($0, 1) }, uniquingKeysWith: +)
        return counts.map { Camera(make: $0.make, model: $0.model, serial: $0.serial, photos: $1) }
            .sorted { ($1.photos, $0.make ?? "", $0.model ?? "") < ($0.photos, $1.make ?? "", $1.model ?? "") }
    }

    private mutating func describeTime(_ photos: [PhotoMetadata]) {
        let tomorrow = Day(utc: Date(timeIntervalSinceNow: 86_400))
        let moments = photos.compactMap(\.takenAt).filter { written in
            guard let day = Day(written: written) else { return false }
            return (1981...2098).contains(day.year) && day <= tomorrow
        }
        // Local times of one camera: their text sorts by time, except within an hour of a changed offset.
        from = moments.min()
        to = moments.max()
        acquired = from.flatMap(Day.init(written:))
    }
}

extension ImageSet.Day {
    /// The day of an ISO 8601 text.
    init?(written: String) {
        guard let time = TakenAt(written) else { return nil }
        self.init(year: time.year, month: time.month, day: time.day)
    }

    init(utc date: Date) {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        let parts = calendar.dateComponents([.year, .month, .day], from: date)
        self.init(year: parts.year ?? 0, month: parts.month ?? 0, day: parts.day ?? 0)
    }
}

extension ImageSet.Extent {
    init?(_ photos: [PhotoMetadata]) {
        let placed = photos.compactMap { photo in
            photo.latitude.flatMap { latitude in photo.longitude.map { (latitude, $0) } }
        }
        guard let south = placed.map(\.0).min(), let north = placed.map(\.0).max(),
            let west = placed.map(\.1).min(), let east = placed.map(\.1).max()
        else { return nil }
        let altitudes = photos.compactMap(\.altitude)
        self.init(
            photos: placed.count, south: south, west: west, north: north, east: east, lowest: altitudes.min(),
            highest: altitudes.max())
    }
}

extension ImageSet.Flight {
    /// As today's selection of nadir photos has it, tolerance included.
    static let maximumDeviation = 10.1

    init?(_ photos: [PhotoMetadata]) {
        height = Range(photos.compactMap(\.relativeAltitude))
        let pitches = photos.compactMap(\.gimbalPitch)
        pitch = Range(pitches)
        oblique = pitches.filter { abs(abs($0) - 90) > Self.maximumDeviation }.count
        if height == nil && pitch == nil { return nil }
    }
}

extension ImageSet.Flight.Range {
    init?(_ values: [Double]) {
        guard let min = values.min(), let max = values.max() else { return nil }
        self.init(min: min, max: max)
    }
}
