import Foundation
import Testing

@testable import Imagery

/// Which photos show the same ground.
@Suite struct OverlapTests {
    /// Photos of 120 by 90 m of ground, from 80 m, in lines that run north.
    private func flight(
        columns: Int = 4, rows: Int = 10, across: Double = 36, along: Double = 18,
        change: (Int, inout PhotoMetadata) -> Void = { _, _ in }
    ) -> [ImageSet.Photo] {
        (0..<columns * rows).map { index in
            var photo = PhotoMetadata()
            (photo.width, photo.height, photo.focalLength35) = (4000, 3000, 24)
            (photo.relativeAltitude, photo.gimbalPitch) = (80, -90)
            let (column, row) = (index / rows, index % rows)
            photo.gimbalYaw = column.isMultiple(of: 2) ? 0 : 180
            photo.latitude = 47.8 + Double(row) * along / FlightPlan.degree
            photo.longitude = 7.85 + Double(column) * across / FlightPlan.degree / cos(47.8 * .pi / 180)
            change(index, &photo)
            return ImageSet.Photo(name: "\(index).jpg", bytes: 1, format: .jpeg, metadata: photo, warnings: [])
        }
    }

    private func footprint(_ x: Double, _ y: Double, yaw: Double? = 0, height: Double = 80) throws -> GroundFootprint {
        var photo = PhotoMetadata()
        (photo.width, photo.height, photo.focalLength35, photo.gimbalYaw) = (4000, 3000, 24, yaw)
        return try #require(GroundFootprint(photo, at: SIMD2(x, y), height: height))
    }

    @Test(
        arguments: [
            (0, 0, 0, 1), (60, 0, 0, 0.5), (0, 45, 0, 0.5), (60, 45, 180, 0.25), (120, 0, 0, 0), (119, 0, 0, 1.0 / 120),
            // Turned by a quarter, 90 of 120 m are the same; by 45 degrees, what the square of 90 m leaves.
            (0, 0, 90, 0.75), (500, 0, 45, 0),
        ] as [(Double, Double, Double, Double)])
    func theShareOfTheGroundIsThatOfTheRectangles(_ x: Double, _ y: Double, _ yaw: Double, _ share: Double) throws {
        #expect(abs(try footprint(0, 0).share(shownBy: footprint(x, y, yaw: yaw)) - share) < 1e-9)
    }

    @Test func aPhotoFromAboveShowsAllThatOneFromBelowShowsAndNotTheOtherWayRound() throws {
        let (low, high) = try (footprint(0, 0, yaw: 30), footprint(5, 5, yaw: 77, height: 200))
        #expect(abs(low.share(shownBy: high) - 1) < 1e-9)
        #expect(abs(high.share(shownBy: low) - 0.16) < 1e-9)
    }

    @Test func whereThePictureLiesIsDoubtfulTheDoubtIsInItsFavour() throws {
        // 120 m of ground to each side, as the direction is not stated.
        #expect(try abs(footprint(0, 0, yaw: nil).share(shownBy: footprint(0, 60, yaw: nil)) - 0.5) < 1e-9)
        var tilted = PhotoMetadata()
        (tilted.width, tilted.height, tilted.focalLength35, tilted.gimbalYaw) = (4000, 3000, 24, 90)
        tilted.gimbalPitch = -80
        let moved = try #require(GroundFootprint(tilted, at: .zero, height: 100))
        #expect(abs(moved.centre.x - 17.63) < 0.01 && abs(moved.centre.y) < 1e-9)
    }

    @Test func aFlightAsItShouldBeOverlapsManyTimes() throws {
        let overlap = SetOverlap(flight())
        #expect(overlap.photos == 40 && overlap.known == 40)
        #expect(overlap.alone == 0 && overlap.certainlyAlone == 0 && overlap.thin == 0 && overlap.neighbours >= 10)
        #expect(!overlap.isOneSpot)
        #expect(abs((overlap.spacing ?? 0) - 18) < 0.1)
        #expect(abs((overlap.width ?? 0) - 120) < 1e-6 && abs((overlap.depth ?? 0) - 90) < 1e-6)
    }

    @Test func photosFarApartAreAlone() throws {
        let sparse = SetOverlap(flight(across: 300, along: 250))
        #expect(sparse.alone == 40 && sparse.certainlyAlone == 40 && sparse.neighbours == 0)
        // 22 % of the next one's ground; were the ground a quarter lower, 38 %.
        let doubtful = SetOverlap(flight(columns: 1, along: 70))
        #expect(doubtful.alone == 10 && doubtful.certainlyAlone == 0)
        // 42 %: one neighbour at the ends of the line, two within.
        let thin = SetOverlap(flight(columns: 1, along: 52))
        #expect(thin.alone == 0 && thin.thin == 10)
    }

    @Test func aHillBelowTakeOffIsNoGap() {
        // The aircraft keeps its height over ground that falls away below the take-off point.
        let overlap = SetOverlap(
            flight(rows: 10, along: 20) { index, photo in photo.relativeAltitude = 80 - Double(index) })
        #expect(overlap.certainlyAlone == 0)
        let below = SetOverlap(flight(across: 300) { _, photo in photo.relativeAltitude = -30 })
        #expect(below.known == 0)
    }

    @Test(arguments: 0..<4)
    func whatIsNotStatedIsNotKnown(_ which: Int) {
        let overlap = SetOverlap(
            flight(across: 300, along: 300) { _, photo in
                switch which {
                case 0: photo.latitude = nil
                case 1: photo.focalLength35 = nil
                case 2: photo.width = nil
                default: photo.relativeAltitude = nil
                }
            })
        #expect(overlap.known == 0 && overlap.alone == 0)
    }

    @Test func heightsComeFromOtherPhotosWhereOneSaysNone() {
        let overlap = SetOverlap(
            flight { index, photo in
                photo.altitude = 380
                if index.isMultiple(of: 2) { photo.relativeAltitude = nil }
                if index == 3 { photo.relativeAltitude = 3000 }
            })
        #expect(overlap.known == 39 && overlap.alone == 0)
    }

    @Test func oneSpotIsSeen() {
        #expect(SetOverlap(flight(across: 0, along: 0.05)).isOneSpot)
        #expect(!SetOverlap(flight(across: 0, along: 0.5)).isOneSpot)
        #expect(!SetOverlap(flight(columns: 1, rows: 1)).isOneSpot)
    }

    @Test func theDateLineDividesNothing() {
        let overlap = SetOverlap(
            flight(columns: 4) { index, photo in
                photo.longitude = (180 + Double(index / 10 - 2) * 0.0004).remainder(dividingBy: 360)
            })
        #expect(overlap.alone == 0 && overlap.neighbours > 5)
    }

    @Test func thousandsOfPhotosTakeNoTime() {
        for (across, along) in [(36.0, 18.0), (300.0, 300.0), (0.0, 0.0)] {
            let photos = flight(columns: 50, rows: 100, across: across, along: along)
            let time = ContinuousClock().measure { _ = SetOverlap(photos) }
            // Milliseconds when optimised; all pairs would take minutes here.
            #expect(time < .seconds(8), "\(across) \(along): \(time)")
        }
    }
}
