import CPixels

/// Weights of cubic resampling along one axis.
/// Source: R. G. Keys, "Cubic convolution interpolation for digital image processing", 1981, with a = -0.5
struct CubicKernel {
    private let weights: [Float]
    /// Pixels under the kernel; a multiple of four.
    let taps: Int

    /// - Parameter ratio: source pixels for each new one. Beyond 1.05 the kernel is widened by it, as GDAL does, so that
    ///   details that are too fine for the new pixels do not show as patterns.
    /// - Returns: nil for more than four.
    init?(ratio: Double) {
        let width = ratio > 1 / 0.95 ? ratio : 1
        guard width <= 4 else { return nil }
        let taps = Int(width.rounded(.up)) * 4, phases = Int(PIXELS_PHASES)
        self.taps = taps
        weights = (0..<phases).flatMap { phase -> [Float] in
            let position = Double(phase) / Double(phases) + Double(taps / 2 - 1)
            let found = (0..<taps).map { Self.weight((Double($0) - position) / width) }
            let sum = found.reduce(0, +)
            return found.map { Float($0 / sum) }
        }
    }

    private static func weight(_ distance: Double) -> Double {
        let x = abs(distance)
        if x < 1 { return 1.5 * x * x * x - 2.5 * x * x + 1 }
        return x < 2 ? -0.5 * x * x * x + 2.5 * x * x - 4 * x + 2 : 0
    }

    func withKernel<Result>(_ body: (pixels_kernel) throws -> Result) rethrows -> Result {
        try weights.withUnsafeBufferPointer {
            try body(pixels_kernel(weights: $0.baseAddress, taps: Int32(taps)))
        }
    }
}
