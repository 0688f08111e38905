internal import Failures
internal import Foundation
internal import Raster

/// Where on Earth the scene lies: its middle in a UTM zone, and the way back to latitude and longitude.
struct FlightSite: ~Copyable {
    let epsg: Int
    /// Easting and northing of the scene's middle, whole metres.
    let origin: SIMD2<Double>
    /// Bearing of true north on the grid, degrees.
    let trueNorth: Double
    private let toDegrees: CoordinateTransform

    init(latitude: Double, longitude: Double) throws {
        let zone = (latitude < 0 ? 32700 : 32600) + min(60, Int((longitude + 180) / 6) + 1)
        let toGrid = try CoordinateTransform(fromEPSG: 4326, toEPSG: zone)
        let back = try CoordinateTransform(fromEPSG: zone, toEPSG: 4326)
        guard let here = toGrid.point(x: longitude, y: latitude),
            let ahead = toGrid.point(x: longitude, y: latitude + 0.001)
        else { throw Failure.flightPlace(latitude: latitude, longitude: longitude) }
        origin = SIMD2(here.x.rounded(), here.y.rounded())
        trueNorth = atan2(ahead.x - here.x, ahead.y - here.y) * 180 / .pi
        epsg = zone
        toDegrees = back
    }

    /// WGS 84 of a place, metres from the middle of the scene.
    func position(x: Double, y: Double) throws -> (latitude: Double, longitude: Double) {
        guard let point = toDegrees.point(x: origin.x + x, y: origin.y + y) else {
            throw Failure.flightPlace(latitude: y, longitude: x)
        }
        return (point.y, point.x)
    }

    /// What a compass shows for a direction on the grid, -180 to 180.
    func compass(_ gridYaw: Double) -> Double {
        (gridYaw - trueNorth).remainder(dividingBy: 360)
    }
}
