import Foundation
import Raster

/// The picture and the mask of a COG, or of one of its overviews.
struct MaskedPixels {
    let width: Int
    let height: Int
    let bounds: Bounds
    private let values: [UInt8]
    private let mask: [UInt8]

    /// - Parameter overview: -1 for the full image.
    init(_ path: String, overview: Int = -1) throws {
        let raster = try RasterDataset(
            opening: path, options: overview < 0 ? [] : ["OVERVIEW_LEVEL=\(overview)"])
        (width, height) = (raster.width, raster.height)
        bounds =
            raster.geoTransform?.bounds(width: width, height: height) ?? Bounds(west: 0, south: 0, east: 0, north: 0)
        values = try raster.read(raster.window)
        mask = try raster.readMask(band: 1, raster.window)
    }

    subscript(x: Int, y: Int) -> ArraySlice<UInt8> {
        let start = (y * width + x) * 3
        return ArraySlice(Array(values[start..<start + 3]))
    }

    func isValid(_ x: Int, _ y: Int) -> Bool { mask[y * width + x] > 0 }

    /// Against RGBA of the same size, over the pixels that are valid in both, in decibels.
    func psnr(_ truth: Pixels) -> Double {
        var sum = 0.0, count = 0
        for pixel in 0..<width * height where mask[pixel] > 0 && truth.values[pixel * 4 + 3] > 0 {
            for channel in 0..<3 {
                sum += pow(Double(values[pixel * 3 + channel]) - Double(truth.values[pixel * 4 + channel]), 2)
            }
            count += 3
        }
        return 10 * log10(255 * 255 / (sum / Double(count)))
    }

    /// Pixels that differ in validity where the truth is of one kind all around.
    func maskErrorsBeyondOnePixel(_ truth: Pixels) -> Int {
        func isValid(_ x: Int, _ y: Int) -> Bool { truth.values[(y * width + x) * 4 + 3] > 0 }
        var errors = 0
        for y in 1..<height - 1 {
            for x in 1..<width - 1 where self.isValid(x, y) != isValid(x, y) {
                let around = (-1...1).flatMap { dy in (-1...1).map { isValid(x + $0, y + dy) } }
                if around.allSatisfy({ $0 == around[0] }) { errors += 1 }
            }
        }
        return errors
    }
}
