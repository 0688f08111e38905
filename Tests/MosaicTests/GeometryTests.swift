import Imagery
import Testing

@testable import Mosaic

@Suite struct GeometryTests {
    private let camera = PinholeCamera(width: 4000, height: 3000, focalLength: 3000)

    @Test func theMiddleOfALevelPhotoIsBelowTheCamera() throws {
        let pose = CameraPose(east: 500, north: 700, height: 60, yaw: 33)
        let projection = GroundProjection(camera, at: pose, origin: SIMD2(480, 710))
        let pixel = try #require(projection.pixel(east: 500, north: 700))
        #expect(abs(pixel.x - 2000) < 1e-6 && abs(pixel.y - 1500) < 1e-6)
    }

    @Test(arguments: [
        (0.0, SIMD2(0.0, 30.0)), (90, SIMD2(30, 0)), (180, SIMD2(0, -30)), (-90, SIMD2(-30, 0)),
    ])
    func yawPointsTheUpperEdge(yaw: Double, ahead: SIMD2<Double>) throws {
        let pose = CameraPose(east: 0, north: 0, height: 60, yaw: yaw)
        let point = try #require(GroundProjection(camera, at: pose, origin: .zero).ground(SIMD2(2000, 0)))
        #expect(abs(point.x - ahead.x) < 1e-9 && abs(point.y - ahead.y) < 1e-9)
    }

    @Test func tiltingUpLooksAheadAndRollingClockwiseLooksLeft() throws {
        let tilted = CameraPose(east: 0, north: 0, height: 60, yaw: 0, pitch: -80)
        let ahead = try #require(GroundProjection(camera, at: tilted, origin: .zero).ground(SIMD2(2000, 1500)))
        #expect(abs(ahead.x) < 1e-9 && abs(ahead.y - 60 * 0.17632698) < 1e-5)
        let rolled = CameraPose(east: 0, north: 0, height: 60, yaw: 0, pitch: -90, roll: 90)
        let left = try #require(GroundProjection(camera, at: rolled, origin: .zero).ground(SIMD2(2000, 0)))
        #expect(abs(left.x - 30) < 1e-9 && abs(left.y) < 1e-9)
    }

    @Test func groundAndPixelAreInverse() throws {
        let pose = CameraPose(east: 576_700, north: 5_188_170, height: 41, yaw: -132, pitch: -82, roll: 4)
        let projection = GroundProjection(camera, at: pose, origin: SIMD2(576_690, 5_188_150))
        for pixel in [SIMD2(1.0, 1), SIMD2(3999, 2), SIMD2(17, 2990), SIMD2(3999, 2999)] {
            let ground = try #require(projection.ground(pixel))
            let back = try #require(projection.pixel(east: ground.x, north: ground.y))
            #expect(abs(back.x - pixel.x) < 1e-4 && abs(back.y - pixel.y) < 1e-4)
        }
    }

    @Test func aPhotoOfTheHorizonHasNoFootprint() {
        let pose = CameraPose(east: 0, north: 0, height: 60, yaw: 0, pitch: -10)
        #expect(GroundProjection(camera, at: pose, origin: .zero).footprint == nil)
    }

    @Test(arguments: [
        // The CN Tower, Sydney's Opera House and a beach in Duluth, as GDAL's gdaltransform has them.
        (43.642567, -79.387139, 32617, 630_084.3, 4_833_438.6),
        (-33.856784, 151.215297, 32756, 334_900.3, 6_252_290.5),
        (46.842690, -91.993954, 32615, 576_709.2, 5_188_174.4),
    ])
    func projectsToUTM(latitude: Double, longitude: Double, epsg: Int, east: Double, north: Double) throws {
        let zone = UTMZone(latitude: latitude, longitude: longitude)
        #expect(zone.epsg == epsg)
        let point = try #require(try zone.project([(latitude, longitude)])[0])
        #expect(abs(point.x - east) < 1 && abs(point.y - north) < 1, "\(point)")
    }

    @Test func convergenceIsTheBearingBetweenGridAndTrueNorth() throws {
        let zone = UTMZone(latitude: 46.84, longitude: -91.99)
        let points = try zone.project([(46.84, -91.99), (46.841, -91.99)]).compactMap { $0 }
        let step = points[1] - points[0]
        let bearing = -step.x / step.y * 180 / .pi
        #expect(abs(zone.convergence(latitude: 46.84, longitude: -91.99) - bearing) < 0.01)
    }

    @Test func thePhantomsSensorIsKnown() throws {
        var photo = PhotoMetadata()
        (photo.width, photo.height, photo.model) = (2000, 1125, "FC300S")
        (photo.focalLength, photo.focalLength35) = (3.61, 20)
        let camera = try #require(PinholeCamera(photo))
        #expect(abs(camera.focalLength - 2000 * 3.61 / 6.17) < 0.01)
    }

    @Test func anUnknownCameraUsesThe35MillimetreEquivalentByDiagonal() throws {
        var photo = PhotoMetadata()
        (photo.width, photo.height, photo.focalLength35) = (4000, 3000, 24)
        let camera = try #require(PinholeCamera(photo))
        #expect(abs(camera.focalLength - 5000 * 24 / 43.266615) < 0.01)
        photo.focalLength35 = nil
        #expect(PinholeCamera(photo) == nil)
    }

    @Test func photosWithoutCompassFollowTheTrack() {
        let stops: [(String, SIMD2<Double>?)] = [
            ("10:00", SIMD2(0, 0)), ("10:01", SIMD2(0, 10)), ("10:02", SIMD2(0, 20)), ("10:03", SIMD2(30, 20)),
            ("10:04", SIMD2(30, 10)), ("10:05", SIMD2(30, 0)),
        ]
        let track = FlightTrack(stops.map { (time: $0.0, point: $0.1) })
        #expect((0..<6).map { track.heading(at: $0) } == [0, 0, 0, 180, 180, 180])
    }
}
