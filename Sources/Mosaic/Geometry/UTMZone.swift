internal import Failures
internal import Foundation
internal import Raster

/// One zone of the Universal Transverse Mercator grid on WGS 84: metres, six degrees wide.
public struct UTMZone: Equatable, Sendable {
    /// 1 to 60, counted eastwards from 180° W.
    public let number: Int
    public let isNorth: Bool

    /// The zone of a place, without the exceptions around Norway and Svalbard (ODM has none either).
    public init(latitude: Double, longitude: Double) {
        number = min(60, max(1, Int(((longitude + 180) / 6).rounded(.down)) + 1))
        isNorth = latitude >= 0
    }

    /// EPSG 32601–32660 in the north, 32701–32760 in the south.
    public var epsg: Int { (isNorth ? 32600 : 32700) + number }

    /// Easting and northing of WGS 84 positions; nil where one lies outside of what the grid can describe.
    public func project(_ positions: [(latitude: Double, longitude: Double)]) throws -> [SIMD2<Double>?] {
        let transform = try CoordinateTransform(fromEPSG: 4326, toEPSG: epsg)
        return transform.points(positions.map { ($0.longitude, $0.latitude) }).map { $0.map { SIMD2($0.x, $0.y) } }
    }

    /// Degrees by which grid north lies clockwise of true north at a place (meridian convergence).
    ///
    /// Source: https://www.epsg.org/, guidance note 7-2, Transverse Mercator; first term, good to 0.01° in a zone.
    public func convergence(latitude: Double, longitude: Double) -> Double {
        let central = Double(number) * 6 - 183
        return atan(tan((longitude - central) * .pi / 180) * sin(latitude * .pi / 180)) * 180 / .pi
    }
}
