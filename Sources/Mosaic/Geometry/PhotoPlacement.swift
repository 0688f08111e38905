public import Failures
internal import Foundation
internal import Imagery

/// The photos of one flight, placed over flat ground in one UTM zone.
public struct PhotoPlacement: Sendable {
    public let zone: UTMZone
    public let photos: [PlacedPhoto]
    /// One sentence for each reason for which photos were left out.
    public let warnings: [String]

    /// Places photos by what they say about themselves.
    ///
    /// Height is that above take-off; else GPS altitude minus the take-off altitude that the other photos imply.
    /// Yaw is the gimbal's, else the aircraft's, else the direction of the track.
    /// Throws `cannot_process` when fewer than two photos can be placed.
    public init(_ sources: [SourcePhoto]) throws(Failure) {
        var rejected: [SourcePhoto.Shortcoming: [String]] = [:]
        func keep(_ source: SourcePhoto, _ reason: SourcePhoto.Shortcoming?) -> Bool {
            guard let reason else { return true }
            rejected[reason, default: []].append(source.name)
            return false
        }
        var usable = sources.filter { keep($0, $0.shortcoming) }
        let middle = Self.middle(of: usable)
        usable = usable.filter { keep($0, Self.isNear($0, middle) ? nil : .farAway) }
        let heights = FlightHeights(usable)
        usable = usable.filter { keep($0, heights.height(of: $0) == nil ? .height : nil) }
        warnings = SourcePhoto.Shortcoming.allCases.compactMap { reason in
            rejected[reason].map { Self.warning($0, of: sources.count, reason) }
        }
        guard usable.count >= 2 else {
            let why = warnings.isEmpty ? "there is only one photo" : warnings.joined(separator: "; ")
            throw .cannotProcess(why)
        }
        zone = UTMZone(latitude: middle.latitude, longitude: middle.longitude)
        photos = try Self.place(usable, in: zone, heights)
    }

    private static func place(
        _ sources: [SourcePhoto], in zone: UTMZone, _ heights: FlightHeights
    ) throws(Failure) -> [PlacedPhoto] {
        let positions = sources.compactMap(\.position)
        let points: [SIMD2<Double>?]
        do { points = try zone.project(positions) } catch { throw .cannotProcess("\(error)") }
        let track = FlightTrack(zip(sources, points).map { ($0.metadata.takenAt ?? $0.name, $1) })
        return zip(sources, points).enumerated().compactMap { index, photo in
            let (source, point) = photo
            guard let point, let camera = PinholeCamera(source.metadata), let height = heights.height(of: source)
            else { return nil }
            let (latitude, longitude) = positions[index]
            let metadata = source.metadata
            let compass = metadata.gimbalYaw ?? metadata.flightYaw
            let yaw = compass.map { $0 - zone.convergence(latitude: latitude, longitude: longitude) }
            let pose = CameraPose(
                east: point.x, north: point.y, height: height, yaw: yaw ?? track.heading(at: index),
                pitch: metadata.gimbalPitch ?? -90, roll: metadata.gimbalRoll ?? 0)
            return PlacedPhoto(name: source.name, path: source.path, camera: camera, pose: pose)
        }
    }

    /// The medians: one photo in the Gulf of Guinea does not move them.
    private static func middle(of sources: [SourcePhoto]) -> (latitude: Double, longitude: Double) {
        let positions = sources.compactMap(\.position)
        return (median(positions.map(\.latitude)) ?? 0, median(positions.map(\.longitude)) ?? 0)
    }

    private static func isNear(_ source: SourcePhoto, _ middle: (latitude: Double, longitude: Double)) -> Bool {
        guard let position = source.position else { return false }
        let metresPerDegree = 111_320.0
        let north = (position.latitude - middle.latitude) * metresPerDegree
        let east = (position.longitude - middle.longitude) * metresPerDegree * cos(middle.latitude * .pi / 180)
        return (north * north + east * east).squareRoot() < 20_000
    }

    private static func warning(_ names: [String], of total: Int, _ reason: SourcePhoto.Shortcoming) -> String {
        let listed = names.prefix(3).joined(separator: ", ") + (names.count > 3 ? ", …" : "")
        return "\(names.count) of \(total) photos \(reason.rawValue) and will not be used: \(listed)"
    }
}

func median(_ values: [Double]) -> Double? {
    values.isEmpty ? nil : values.sorted()[values.count / 2]
}
