internal import Foundation

/// Takes photos of a scene: a ray for every pixel, followed until it meets a tree or the ground.
struct SceneCamera: Sendable {
    let scene: Scene
    let width: Int
    let height: Int
    private let ceiling: SceneCeiling

    init(scene: Scene, width: Int, height: Int) {
        self.scene = scene
        self.width = width
        self.height = height
        ceiling = SceneCeiling(scene)
    }

    /// Red, green and blue of a photo.
    func photograph(_ shot: Shot, seed: UInt64) -> [UInt8] {
        let rays = CameraRays(shot, width: width, height: height)
        let noise = ValueNoise(seed: seed, layer: 30)
        return scene.heights.withUnsafeBufferPointer { heights in
            scene.colors.withUnsafeBufferPointer { colors in
                nonisolated(unsafe) let (heights, colors) = (heights, colors)
                return Strips.map(rows: height) { strip in
                    [UInt8](unsafeUninitializedCapacity: strip.count * width * 3) { bytes, count in
                        for row in strip {
                            for column in 0..<width {
                                let place = meet(rays, column, row, heights)
                                let grain = noise.value(Float(column) * 7.3, Float(row) * 7.3) * 2.5
                                let level = rays.brightness(column, row)
                                let color = sample(place, colors) * level + grain
                                for channel in 0..<3 {
                                    bytes[count + channel] = UInt8(min(max(color[channel], 0), 255))
                                }
                                count += 3
                            }
                        }
                    }
                }
            }
        }
    }

    /// Column and row of the scene where the ray of a pixel ends: steps of one metre in height, then halving.
    @inline(__always)
    private func meet(
        _ rays: CameraRays, _ column: Int, _ row: Int, _ heights: UnsafeBufferPointer<Float>
    ) -> SIMD2<Float> {
        let direction = rays.direction(column, row)
        var above = scene.highest, below = above
        while below > scene.lowest {
            above = below
            below -= 1
            let place = cell(rays.point(direction, below))
            // The coarse raster fits into the processor's cache and answers for nearly all steps.
            if ceiling.height(place) >= below, height(place, heights) >= below { break }
        }
        for _ in 0..<5 {
            let middle = (above + below) / 2
            if height(cell(rays.point(direction, middle)), heights) >= middle { below = middle } else { above = middle }
        }
        return cell(rays.point(direction, below))
    }

    @inline(__always)
    private func cell(_ point: SIMD2<Float>) -> SIMD2<Float> {
        SIMD2((point.x - scene.west) / scene.cell, (scene.north - point.y) / scene.cell)
    }

    @inline(__always)
    private func height(_ place: SIMD2<Float>, _ heights: UnsafeBufferPointer<Float>) -> Float {
        let column = min(max(Int(place.x), 0), scene.columns - 1), row = min(max(Int(place.y), 0), scene.rows - 1)
        return heights[row * scene.columns + column]
    }

    /// Bilinear.
    @inline(__always)
    private func sample(_ place: SIMD2<Float>, _ colors: UnsafeBufferPointer<UInt8>) -> SIMD3<Float> {
        let x = min(max(place.x - 0.5, 0), Float(scene.columns) - 1.01)
        let y = min(max(place.y - 0.5, 0), Float(scene.rows) - 1.01)
        let (column, row) = (Int(x), Int(y))
        let (fx, fy) = (x - Float(column), y - Float(row))
        func color(_ c: Int, _ r: Int) -> SIMD3<Float> {
            let index = (r * scene.columns + c) * 4
            return SIMD3(Float(colors[index]), Float(colors[index + 1]), Float(colors[index + 2]))
        }
        let upper = color(column, row) * (1 - fx) + color(column + 1, row) * fx
        let lower = color(column, row + 1) * (1 - fx) + color(column + 1, row + 1) * fx
        return upper * (1 - fy) + lower * fy
    }
}

/// The pinhole of one shot.
private struct CameraRays: Sendable {
    private let centre: SIMD3<Float>
    private let right: SIMD3<Float>
    private let up: SIMD3<Float>
    private let forward: SIMD3<Float>
    private let focal: Float
    private let middle: SIMD2<Float>
    private let exposure: Float

    init(_ shot: Shot, width: Int, height: Int) {
        let (yaw, roll) = (shot.yaw * .pi / 180, shot.roll * .pi / 180)
        // Tilt away from straight down; at zero the upper edge points where yaw says.
        let tilt = (shot.pitch + 90) * .pi / 180
        let ahead = SIMD3(sin(yaw), cos(yaw), 0), side = SIMD3(cos(yaw), -sin(yaw), 0), down = SIMD3(0, 0, -1.0)
        let look = down * cos(tilt) + ahead * sin(tilt), top = ahead * cos(tilt) - down * sin(tilt)
        right = SIMD3<Float>(side * cos(roll) - top * sin(roll))
        up = SIMD3<Float>(top * cos(roll) + side * sin(roll))
        forward = SIMD3<Float>(look)
        centre = SIMD3(Float(shot.x), Float(shot.y), Float(shot.height))
        focal = Float(FlightPlan.focalRatio) * Float(width)
        middle = SIMD2(Float(width), Float(height)) / 2
        exposure = Float(shot.exposure)
    }

    @inline(__always)
    func direction(_ column: Int, _ row: Int) -> SIMD3<Float> {
        let x = (Float(column) + 0.5 - middle.x) / focal, y = (Float(row) + 0.5 - middle.y) / focal
        return forward + right * x - up * y
    }

    /// Where a ray is at a height.
    @inline(__always)
    func point(_ direction: SIMD3<Float>, _ height: Float) -> SIMD2<Float> {
        let distance = (height - centre.z) / direction.z
        return SIMD2(centre.x + direction.x * distance, centre.y + direction.y * distance)
    }

    /// Exposure, and corners a little darker than the middle.
    @inline(__always)
    func brightness(_ column: Int, _ row: Int) -> Float {
        let offset = (SIMD2(Float(column), Float(row)) - middle) / middle.x
        return exposure * (1 - 0.05 * (offset * offset).sum())
    }
}
