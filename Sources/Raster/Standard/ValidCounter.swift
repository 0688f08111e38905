/// Decodes a raster that needs no change once, on all cores: to know how much of it is valid, and that all of it can be
/// decoded.
///
/// Not safe for several threads at once: `ParallelWork` sees to it that there is one.
final class ValidCounter: PieceWorker, @unchecked Sendable {
    private let source: RasterSource
    private let windows: [PixelWindow]
    private let pixels = RGBAImage()
    private var validPixels = 0

    private init(_ source: borrowing RasterSource, _ windows: [PixelWindow]) throws {
        self.source = try source.reopened()
        self.windows = windows
    }

    func work(on piece: Int) throws {
        try source.read(windows[piece], into: pixels)
        validPixels += pixels.validCount
    }

    /// - Returns: the number of valid pixels.
    static func count(_ source: borrowing RasterSource, most: Int, _ progress: (Double) -> Void) throws -> Int {
        let windows = source.tiles()
        var counters: [ValidCounter] = []
        for _ in 0..<ParallelWork.workerCount(for: windows.count, most: most) {
            counters.append(try ValidCounter(source, windows))
        }
        try ParallelWork.run(windows.count, by: counters, progress)
        return counters.reduce(0) { $0 + $1.validPixels }
    }
}
