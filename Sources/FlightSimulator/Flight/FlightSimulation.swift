public import Failures
public import Foundation
internal import Raster

/// What a simulated flight left behind.
public struct SimulatedFlight: Codable, Equatable, Sendable {
    /// File names of the photos in the order in which they were taken.
    public var photos: [String]
    public var withoutGPS: [String]
    public var truncated: [String]
    /// Name of the true orthophoto, beside the photos.
    public var truth: String
    /// Coordinate system of the true orthophoto.
    public var epsg: Int
    /// Centimetres of ground in a photo's pixel.
    public var groundSamplingDistance: Double
}

/// Renders a geotagged drone flight over a forest that grows from a number.
public struct FlightSimulation {
    private let options: FlightOptions
    private let plan: FlightPlan
    private let height: Int

    /// Throws `flight_option` when an option is out of range.
    public init(_ options: FlightOptions) throws(Failure) {
        try options.validate()
        self.options = options
        plan = FlightPlan(options)
        height = options.width * 3 / 4
    }

    /// Takes the photos and writes them to `output`: a ZIP archive where the name ends in `.zip`, else a new
    /// folder. The true orthophoto goes beside it, as `….truth.tif`. Both appear when they are whole.
    ///
    /// `progress` goes from 0 to 1. The same options give the same photos, on the same versions of GDAL.
    public func run(to output: URL, progress: (Double) -> Void = { _ in }) throws -> SimulatedFlight {
        let site = try FlightSite(latitude: options.latitude, longitude: options.longitude)
        let cell = options.altitude / (FlightPlan.focalRatio * Double(options.width))
        let scene = Scene(
            seed: options.seed, extent: plan.extent, halfWidth: plan.reach.x, halfHeight: plan.reach.y, cell: cell)
        progress(0.2)
        let truth = output.deletingPathExtension().appendingPathExtension("truth.tif")
        try TruthWriter(scene: scene, epsg: site.epsg, origin: site.origin).write(to: truth)
        progress(0.3)
        var album = try Album(output)
        let camera = SceneCamera(scene: scene, width: options.width, height: height)
        for (index, shot) in plan.shots.enumerated() {
            var jpeg = try album.encode(camera.photograph(shot, seed: options.seed &+ UInt64(index)), tags(index, site))
            if isTruncated(index) { jpeg.removeLast(jpeg.count / 2) }
            try album.add(name(index), jpeg)
            progress(0.3 + 0.7 * Double(index + 1) / Double(plan.shots.count))
        }
        try album.close()
        return summary(truth, site.epsg, cell)
    }

    private func summary(_ truth: URL, _ epsg: Int, _ cell: Double) -> SimulatedFlight {
        let all = plan.shots.indices
        return SimulatedFlight(
            photos: all.map(name), withoutGPS: all.filter { isChosen($0, options.withoutGPS) }.map(name),
            truncated: all.filter(isTruncated).map(name), truth: truth.lastPathComponent,
            epsg: epsg, groundSamplingDistance: cell * 100)
    }

    private func name(_ index: Int) -> String { String(format: "SIM_%04d.JPG", index + 1) }

    /// Whether a photo is one of `count` that are spread evenly over the flight.
    private func isChosen(_ index: Int, _ count: Int) -> Bool {
        (index + 1) * count / options.images > index * count / options.images
    }

    /// One photo further on, so that a photo is not bad in two ways while there are others.
    private func isTruncated(_ index: Int) -> Bool { isChosen((index + 1) % options.images, options.truncated) }

    private func tags(_ index: Int, _ site: borrowing FlightSite) throws -> PhotoTags {
        let shot = plan.shots[index]
        var random = SeededRandom(seed: options.seed, 21, index)
        let seaLevel = 560.0
        let place = try site.position(
            x: shot.x + random.noise(options.gpsNoise), y: shot.y + random.noise(options.gpsNoise))
        let position = PhotoTags.Position(
            latitude: place.latitude, longitude: place.longitude,
            altitude: seaLevel + shot.height + random.noise(options.gpsNoise))
        let yaw = site.compass(shot.yaw + random.noise(0.5))
        return PhotoTags(
            name: name(index), width: options.width, height: height, takenAt: clock(shot.time),
            position: isChosen(index, options.withoutGPS) ? nil : position,
            relativeAltitude: shot.height + random.noise(0.1), gimbalYaw: yaw, gimbalPitch: shot.pitch,
            gimbalRoll: 0, flightYaw: site.compass(shot.yaw + random.noise(2)))
    }

    /// A summer morning, with as many hours as a long flight needs.
    private func clock(_ seconds: Double) -> String {
        let whole = 10 * 3600 + Int(seconds)
        return String(format: "2026-06-21 %02d:%02d:%02d", whole / 3600 % 24, whole / 60 % 60, whole % 60)
    }
}
