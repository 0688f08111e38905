internal import Raster

/// Blends photos into one block of the orthophoto.
///
/// Each photo's weight is the eighth power of the distance to its nearest edge: in the middle of its own ground
/// a photo stands nearly alone and sharp, and towards its neighbours it fades over some metres, without a seam.
struct BlockRenderer: Sendable {
    let grid: OutputGrid
    let views: [PhotoView]

    /// Red, green, blue and alpha of the block; nil when no photo shows any of it.
    func render(_ plan: BlockPlan, pixels: [Int: PhotoPixels]) -> [UInt8]? {
        let window = plan.window
        var sums = [Float](repeating: 0, count: window.width * window.height * 4)
        sums.withUnsafeMutableBufferPointer { sums in
            for cell in plan.cells {
                for index in cell.views {
                    guard let photo = pixels[index] else { continue }
                    blend(photo, views[index], cell.window, in: window, into: sums)
                }
            }
        }
        return finish(sums)
    }

    private func blend(
        _ photo: PhotoPixels, _ view: PhotoView, _ cell: PixelWindow, in window: PixelWindow,
        into sums: UnsafeMutableBufferPointer<Float>
    ) {
        let projection = view.projection.scaled(toWidth: photo.width, height: photo.height)
        let step = grid.resolution
        let scale = 2 / Float(min(photo.width, photo.height))
        photo.bytes.withUnsafeBufferPointer { bytes in
            let sampler = PhotoSampler(bytes, width: photo.width, height: photo.height, gain: view.gain)
            for row in cell.y..<cell.y + cell.height {
                let start = grid.ground(column: Double(cell.x), row: Double(row)) - projection.origin
                let point = SIMD3(start.x, start.y, 1)
                var (x, y) = (dot(projection.x, point), dot(projection.y, point))
                var depth = dot(projection.depth, point)
                var target = ((row - window.y) * window.width + cell.x - window.x) * 4
                for _ in 0..<cell.width {
                    if depth > 0.01 {
                        let inverse = 1 / depth
                        sampler.add(Float(x * inverse), Float(y * inverse), scale, to: sums, at: target)
                    }
                    x += projection.x.x * step
                    y += projection.y.x * step
                    depth += projection.depth.x * step
                    target += 4
                }
            }
        }
    }

    private func finish(_ sums: [Float]) -> [UInt8]? {
        var isEmpty = true
        let pixels = [UInt8](unsafeUninitializedCapacity: sums.count) { bytes, count in
            for index in stride(from: 0, to: sums.count, by: 4) {
                let weight = sums[index + 3]
                let inverse = weight > 0 ? 1 / weight : 0
                for channel in 0..<3 {
                    bytes[index + channel] = UInt8(min(255, sums[index + channel] * inverse + 0.5))
                }
                bytes[index + 3] = weight > 0 ? 255 : 0
                if weight > 0 { isEmpty = false }
            }
            count = sums.count
        }
        return isEmpty ? nil : pixels
    }
}
