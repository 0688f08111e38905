internal import Failures
internal import Foundation
internal import Raster

/// Writes the scene as a GeoTIFF: what a perfect orthophoto would show.
struct TruthWriter {
    let scene: Scene
    let epsg: Int
    /// Easting and northing of the scene's middle.
    let origin: SIMD2<Double>

    /// The file appears under its name when it is whole.
    func write(to url: URL) throws {
        let unfinished = url.path + ".part-\(getpid())"
        defer { unlink(unfinished) }
        let file = try RasterDataset(
            creating: unfinished, width: scene.columns, height: scene.rows, bands: 3,
            options: ["TILED=YES", "COMPRESS=DEFLATE", "PREDICTOR=2", "ZLEVEL=3", "NUM_THREADS=ALL_CPUS"])
        try file.setProjection(epsg: epsg)
        let cell = Double(scene.cell)
        try file.setGeoTransform(
            GeoTransform(
                originX: origin.x + Double(scene.west), originY: origin.y + Double(scene.north), pixelWidth: cell,
                pixelHeight: cell))
        for top in stride(from: 0, to: scene.rows, by: 256) {
            let rows = min(256, scene.rows - top)
            try file.write(strip(top, rows), to: PixelWindow(x: 0, y: top, width: scene.columns, height: rows))
        }
        try file.close()
        try moveIntoPlace(unfinished, url)
    }

    /// Rows of the scene without its unused fourth byte.
    private func strip(_ top: Int, _ rows: Int) -> [UInt8] {
        let first = top * scene.columns, cells = rows * scene.columns
        return [UInt8](unsafeUninitializedCapacity: cells * 3) { bytes, count in
            scene.colors.withUnsafeBufferPointer { colors in
                for cell in 0..<cells {
                    for channel in 0..<3 { bytes[cell * 3 + channel] = colors[(first + cell) * 4 + channel] }
                }
            }
            count = cells * 3
        }
    }
}

/// Gives a finished file or folder its name.
func moveIntoPlace(_ unfinished: String, _ final: URL) throws(Failure) {
    guard rename(unfinished, final.path) == 0 else {
        throw .flightNotWritten(final.lastPathComponent, String(cString: strerror(errno)))
    }
}
