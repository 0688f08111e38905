import Failures
import FlightSimulator
import Foundation
import Imagery
import Testing

@Suite struct FlightSimulatorTests {
    private func options(_ images: Int = 4) -> FlightOptions {
        var options = FlightOptions()
        (options.images, options.width, options.seed) = (images, 240, 9)
        return options
    }

    @Test func theSameSeedGivesTheSameBytes() throws {
        let folder = try TemporaryFolder()
        for name in ["a.zip", "b.zip"] { _ = try FlightSimulation(options()).run(to: folder.file(name)) }
        #expect(try Data(contentsOf: folder.file("a.zip")) == Data(contentsOf: folder.file("b.zip")))
        var other = options()
        other.seed = 10
        _ = try FlightSimulation(other).run(to: folder.file("c.zip"))
        #expect(try Data(contentsOf: folder.file("a.zip")) != Data(contentsOf: folder.file("c.zip")))
    }

    @Test func theArchiveIsASetOfPhotosWithEverythingThatARealFlightSays() throws {
        let folder = try TemporaryFolder()
        let flight = try FlightSimulation(options()).run(to: folder.file("flight.zip"))
        #expect(try folder.names == ["flight.truth.tif", "flight.zip"])
        let set = try ImageSet.scan(path: folder.file("flight.zip").path)
        #expect(set.photos.map(\.name) == flight.photos)
        for photo in set.photos {
            let metadata = photo.metadata
            #expect(photo.warnings.isEmpty)
            #expect(metadata.width == 240 && metadata.height == 180)
            #expect(metadata.model == "FlightSimulator")
            #expect(metadata.takenAt?.hasPrefix("2026-06-21T10:00:") == true)
            #expect(abs((metadata.latitude ?? 0) - 51.778) < 0.002)
            #expect(abs((metadata.longitude ?? 0) - 10.566) < 0.002)
            #expect(abs((metadata.altitude ?? 0) - 640) < 4)
            #expect(abs((metadata.relativeAltitude ?? 0) - 80) < 2)
            #expect(metadata.focalLength == 6.72 && metadata.focalLength35 == 24)
            #expect(metadata.iso == 100 && metadata.orientation == 1)
            #expect(abs((metadata.gimbalPitch ?? 0) + 90) < 3)
        }
    }

    @Test func linesAreFlownToAndFro() throws {
        let folder = try TemporaryFolder()
        let flight = try FlightSimulation(options(9)).run(to: folder.file("photos"))
        let yaws = try flight.photos.compactMap {
            try PhotoMetadata.read(path: folder.file("photos/\($0)").path).gimbalYaw
        }
        #expect(yaws.count == 9)
        #expect(yaws.contains { abs($0 - 25) < 8 })
        #expect(yaws.contains { abs($0 - 205) < 8 })
    }

    @Test func southernAndWesternPlacesKeepTheirSigns() throws {
        let folder = try TemporaryFolder()
        var options = options(2)
        (options.latitude, options.longitude) = (-41.5, -72.8)
        let flight = try FlightSimulation(options).run(to: folder.file("photos"))
        #expect(flight.epsg == 32718)
        let metadata = try PhotoMetadata.read(path: folder.file("photos/\(flight.photos[0])").path)
        #expect(abs((metadata.latitude ?? 0) + 41.5) < 0.002)
        #expect(abs((metadata.longitude ?? 0) + 72.8) < 0.002)
    }

    @Test func badSetsAreBadInTheWayThatWasAskedFor() throws {
        let folder = try TemporaryFolder()
        var options = options(6)
        (options.withoutGPS, options.truncated) = (3, 1)
        let flight = try FlightSimulation(options).run(to: folder.file("photos"))
        let withoutPosition = try flight.photos.filter {
            try PhotoMetadata.read(path: folder.file("photos/\($0)").path).latitude == nil
        }
        #expect(withoutPosition == flight.withoutGPS && withoutPosition.count == 3)
        let cut = try Data(contentsOf: folder.file("photos/\(flight.truncated[0])"))
        #expect(cut.suffix(2) != Data([0xFF, 0xD9]))
    }

    @Test func anExistingFolderIsNotTouched() throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(at: folder.file("photos"), withIntermediateDirectories: true)
        let failure = #expect(throws: Failure.self) { try FlightSimulation(options()).run(to: folder.file("photos")) }
        #expect(failure?.sentence == "writing photos failed: it is already there; remove it or choose another")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.file("photos").path).isEmpty)
    }

    @Test func optionsOutOfRangeAreNamed() {
        var options = FlightOptions()
        options.images = 1
        let failure = #expect(throws: Failure.self) { try FlightSimulation(options) }
        #expect(failure?.sentence == "a flight takes 2 to 2000 images, not 1")
    }
}
