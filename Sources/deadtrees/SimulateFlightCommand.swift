import ArgumentParser
import Failures
import FlightSimulator
import Foundation

struct SimulateFlightCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate-flight",
        abstract: "Render a geotagged, overlapping drone flight over a procedural forest.",
        discussion: """
            The photos carry EXIF and DJI's XMP as a real flight's do. The orthophoto that they should give goes \
            beside them, as OUT.truth.tif. The same seed gives the same flight.
            """)

    @Argument(help: "Where the photos go: OUT.zip, or a new folder.", completion: .file())
    var output: String

    @Option(help: "Number of photos.") var images = FlightOptions().images
    @Option(help: "Number that the forest and the flight grow from.") var seed = FlightOptions().seed
    @Option(help: "Height above the take-off point, metres.") var altitude = FlightOptions().altitude
    @Option(help: "Width of a photo, pixels; photos are 4:3.") var width = FlightOptions().width
    @Option(name: .customLong("lat"), help: "Latitude of the middle.") var latitude = FlightOptions().latitude
    @Option(name: .customLong("lon"), help: "Longitude of the middle.") var longitude = FlightOptions().longitude
    @Option(help: "Overlap along a line, percent.") var overlap = FlightOptions().frontOverlap
    @Option(help: "Overlap between lines, percent.") var sideOverlap = FlightOptions().sideOverlap
    @Option(help: "Direction of the first line, degrees.") var heading = FlightOptions().heading
    @Option(help: "Standard deviation of the positions, metres.") var gpsNoise = FlightOptions().gpsNoise
    @Option(help: "Leave the position out of this many photos.") var withoutGps = 0
    @Option(help: "Cut this many photos off in the middle of the file.") var truncated = 0
    @Flag(help: "Print what was made as JSON.") var json = false

    private var options: FlightOptions {
        var options = FlightOptions()
        (options.images, options.seed, options.altitude, options.width) = (images, seed, altitude, width)
        (options.latitude, options.longitude, options.heading) = (latitude, longitude, heading)
        (options.frontOverlap, options.sideOverlap, options.gpsNoise) = (overlap, sideOverlap, gpsNoise)
        (options.withoutGPS, options.truncated) = (withoutGps, truncated)
        return options
    }

    func validate() throws {
        do { try options.validate() } catch { throw ValidationError(error.sentence) }
    }

    func run() throws {
        let flight = try FlightSimulation(options).run(to: URL(fileURLWithPath: output))
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            print(String(decoding: try encoder.encode(flight), as: UTF8.self))
        } else {
            let resolution = String(format: "%.1f cm", flight.groundSamplingDistance)
            print("\(flight.photos.count) photos of \(resolution) a pixel in \(output), the truth in \(flight.truth)")
        }
    }
}
