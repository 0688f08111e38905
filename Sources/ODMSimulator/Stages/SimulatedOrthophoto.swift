internal import Foundation
internal import Mosaic
internal import Raster

/// An orthophoto of the photos' own pixels: a small copy of each, laid where its GPS position says. Nothing is turned
/// or fitted.
struct SimulatedOrthophoto {
    let photos: [SimulatedPhoto]
    let folder: String
    /// Pixels.
    let longerSide: Int
    let hasCRS: Bool
    /// All transparent.
    let isEmpty: Bool
    let compression: String

    /// More photos than this are thinned out: decoding all of a large set would take minutes.
    private static let mostPhotos = 150

    private struct Placed {
        let name: String
        /// Of its middle, metres.
        let place: SIMD2<Double>
    }

    func write(to path: String) throws {
        let (placed, epsg) = try place()
        let footprint = footprint(of: placed)
        let margin = SIMD2(repeating: footprint / 2)
        let lower = placed.reduce(placed[0].place) { pointwiseMin($0, $1.place) } - margin
        let upper = placed.reduce(placed[0].place) { pointwiseMax($0, $1.place) } + margin
        let resolution = max(upper.x - lower.x, upper.y - lower.y) / Double(longerSide)
        let width = max(1, Int((upper.x - lower.x) / resolution)),
            height = max(1, Int((upper.y - lower.y) / resolution))
        var canvas = Canvas(width: width, height: height)
        if !isEmpty {
            let side = max(2, Int(footprint / resolution))
            for photo in placed {
                let corner = photo.place - margin
                canvas.lay(
                    "\(folder)/\(photo.name)", side: side, x: Int((corner.x - lower.x) / resolution),
                    y: Int((upper.y - corner.y - footprint) / resolution))
            }
        }
        let transform = GeoTransform(
            originX: lower.x, originY: upper.y, pixelWidth: resolution, pixelHeight: resolution)
        try write(canvas, transform, epsg, to: path)
    }

    private func write(_ canvas: Canvas, _ transform: GeoTransform, _ epsg: Int, to path: String) throws {
        let file = try RasterDataset(
            creating: path, width: canvas.width, height: canvas.height, bands: 4,
            options: ["COMPRESS=\(compression)", "TILED=YES", "BLOCKXSIZE=256", "BLOCKYSIZE=256", "BIGTIFF=IF_SAFER"])
        if hasCRS { try file.setProjection(epsg: epsg) }
        try file.setGeoTransform(transform)
        for (index, color) in [ColorInterpretation.red, .green, .blue, .alpha].enumerated() {
            try file.setColorInterpretation(color, band: index + 1)
        }
        try file.write(
            canvas.bytes, to: PixelWindow(x: 0, y: 0, width: canvas.width, height: canvas.height))
        try file.close()
    }

    /// Without any position ODM takes a made-up place.
    private func place() throws -> ([Placed], epsg: Int) {
        let located = photos.filter { $0.position != nil }
        let step = max(1, located.count / Self.mostPhotos)
        let some = located.enumerated().filter { $0.offset % step == 0 }.map(\.element)
        guard let first = some.first?.position else {
            let row = photos.enumerated().map { Placed(name: $1.filename, place: SIMD2(500_000 + 20 * Double($0), 0)) }
            return (row, 32630)
        }
        let zone = UTMZone(latitude: first.latitude, longitude: first.longitude)
        let places = try zone.project(some.compactMap(\.position))
        let placed = zip(some, places).compactMap { photo, place in
            place.map { Placed(name: photo.filename, place: $0) }
        }
        return (placed, zone.epsg)
    }

    /// Metres on the ground that a photo is laid over: enough that neighbours meet.
    private func footprint(of placed: [Placed]) -> Double {
        let lower = placed.reduce(placed[0].place) { pointwiseMin($0, $1.place) }
        let upper = placed.reduce(placed[0].place) { pointwiseMax($0, $1.place) }
        let span = max(upper.x - lower.x, upper.y - lower.y)
        return max(10, 1.6 * span / Double(placed.count).squareRoot())
    }
}

/// Red, green, blue and alpha of an orthophoto in the making; transparent where nothing was laid.
private struct Canvas {
    let width: Int
    let height: Int
    private(set) var bytes: [UInt8]

    init(width: Int, height: Int) {
        (self.width, self.height) = (width, height)
        bytes = [UInt8](repeating: 0, count: width * height * 4)
    }

    /// Lays a photo as a square; one that cannot be decoded becomes a grey one.
    mutating func lay(_ path: String, side: Int, x left: Int, y top: Int) {
        // What cannot be decoded is laid in grey.
        let pixels = try? Self.decode(path, side: side)
        for row in max(0, top)..<max(0, min(height, top + side)) {
            for column in max(0, left)..<max(0, min(width, left + side)) {
                let target = (row * width + column) * 4, source = ((row - top) * side + column - left) * 3
                for band in 0..<3 { bytes[target + band] = pixels?[source + band] ?? 128 }
                bytes[target + 3] = 255
            }
        }
    }

    private static func decode(_ path: String, side: Int) throws -> [UInt8] {
        let file = try RasterDataset(opening: path, drivers: ["JPEG", "PNG", "GTiff"])
        let bands = file.bandCount >= 3 ? [1, 2, 3] : [1, 1, 1]
        return try file.read(file.window, outWidth: side, outHeight: side, bands: bands, resampling: .average)
    }
}
