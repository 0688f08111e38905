/// Reads one photo between its pixels and adds what it finds, weighted, to a block.
struct PhotoSampler {
    private let bytes: UnsafeBufferPointer<UInt8>
    private let width: Int
    private let right: Float
    private let bottom: Float
    private let gain: SIMD3<Float>

    init(_ bytes: UnsafeBufferPointer<UInt8>, width: Int, height: Int, gain: SIMD3<Float>) {
        precondition(bytes.count == width * height * 4, "four bytes a pixel")
        self.bytes = bytes
        self.width = width
        right = Float(width)
        bottom = Float(height)
        self.gain = gain
    }

    /// Adds the colour at (`x`, `y`) to the four sums from `index`: red, green, blue times weight, and weight.
    @inline(__always)
    func add(
        _ x: Float, _ y: Float, _ scale: Float, to sums: UnsafeMutableBufferPointer<Float>, at index: Int
    ) {
        let inside = min(min(x, right - x), min(y, bottom - y))
        guard inside > 0 else { return }
        let margin = inside * scale, square = margin * margin, fourth = square * square
        // Never zero inside the photo, or the outermost pixels would be lost.
        let weight = fourth * fourth + 1e-20
        let color = sample(min(max(x - 0.5, 0), right - 1.001), min(max(y - 0.5, 0), bottom - 1.001)) * gain
        sums[index] += color.x * weight
        sums[index + 1] += color.y * weight
        sums[index + 2] += color.z * weight
        sums[index + 3] += weight
    }

    /// Bilinear. Both coordinates must lie between the middles of the outermost pixels.
    @inline(__always)
    private func sample(_ x: Float, _ y: Float) -> SIMD3<Float> {
        let column = Int(x), row = Int(y)
        let (fx, fy) = (x - Float(column), y - Float(row))
        let first = (row * width + column) * 4, below = first + width * 4
        let upper = pixel(first) * (1 - fx) + pixel(first + 4) * fx
        let lower = pixel(below) * (1 - fx) + pixel(below + 4) * fx
        return upper * (1 - fy) + lower * fy
    }

    @inline(__always)
    private func pixel(_ offset: Int) -> SIMD3<Float> {
        SIMD3(Float(bytes[offset]), Float(bytes[offset + 1]), Float(bytes[offset + 2]))
    }
}
