internal import Foundation

/// A camera as it was in truth when it took one photo. Metres from the middle of the scene.
struct Shot: Sendable {
    var x: Double
    var y: Double
    /// Above the take-off point.
    var height: Double
    /// Degrees: clockwise from grid north to the photo's upper edge; -90 looks down; about the viewing direction.
    var yaw: Double
    var pitch: Double
    var roll: Double
    /// Seconds since the first photo.
    var time: Double
    /// Factor on all pixels: automatic exposure is never quite the same.
    var exposure: Double
}

/// Parallel lines, flown to and fro.
struct FlightPlan: Sendable {
    /// The camera's focal length as the share of a photo's width: 24 mm equivalent on a 4:3 sensor.
    static let equivalentFocalLength = 24.0
    static let focalLength = 6.72
    /// 1.25 widths are the diagonal of 4:3; 43.27 mm that of film.
    static let focalRatio = equivalentFocalLength * 1.25 / 43.266615

    let shots: [Shot]
    /// Metres on the ground.
    let footprint: (width: Double, height: Double)
    /// Half the size of the box that holds all photos' ground, with reserve for trees and tilt.
    let reach: (x: Double, y: Double)
    /// Half the size of the area between the outermost photos: where landmarks should be.
    let extent: Double

    init(_ options: FlightOptions) {
        let width = options.altitude / Self.focalRatio, height = width * 0.75
        let step = height * (1 - options.frontOverlap / 100), gap = width * (1 - options.sideOverlap / 100)
        let perLine = max(1, Int((Double(options.images) * gap / step).squareRoot().rounded(.up)))
        let lines = (options.images + perLine - 1) / perLine
        let course = options.heading * .pi / 180
        shots = (0..<options.images).map { index in
            let line = index / perLine, isBack = !line.isMultiple(of: 2)
            let position = isBack ? perLine - 1 - index % perLine : index % perLine
            let along = (Double(position) - Double(perLine - 1) / 2) * step
            let across = (Double(line) - Double(lines - 1) / 2) * gap
            return Self.shot(along, across, course, isBack, index, options)
        }
        let halfLength = Double(perLine - 1) / 2 * step + height / 2
        let halfWidth = Double(lines - 1) / 2 * gap + width / 2
        let reserve = options.altitude * 0.06 + 6
        footprint = (width, height)
        reach = (
            halfWidth * abs(cos(course)) + halfLength * abs(sin(course)) + reserve,
            halfWidth * abs(sin(course)) + halfLength * abs(cos(course)) + reserve
        )
        extent = max(30, (halfLength + halfWidth) / 2)
    }

    private static func shot(
        _ along: Double, _ across: Double, _ course: Double, _ isBack: Bool, _ index: Int, _ options: FlightOptions
    ) -> Shot {
        var random = SeededRandom(seed: options.seed, 20, index)
        return Shot(
            x: along * sin(course) + across * cos(course) + random.noise(0.5),
            y: along * cos(course) - across * sin(course) + random.noise(0.5),
            height: options.altitude + random.noise(0.3),
            yaw: options.heading + (isBack ? 180 : 0) + random.noise(1.5),
            pitch: -90 + abs(random.noise(0.4)), roll: random.noise(0.3), time: Double(index) * 3,
            exposure: 1 + random.noise(0.03))
    }
}
