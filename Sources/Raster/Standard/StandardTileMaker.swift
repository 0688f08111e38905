import Synchronization

/// Reads parts of a raster and writes them as tiles of the standard copy.
///
/// Not safe for several threads at once: `ParallelWork` sees to it that there is one.
final class StandardTileMaker: PieceWorker, @unchecked Sendable {
    private let source: RasterSource
    private let windows: [PixelWindow]
    private let file: StandardFile
    private let compressor: ZstdCompressor
    private let pixels = RGBAImage()
    private var tile: [UInt8]
    /// Of all windows that it has read.
    private(set) var validPixels = 0

    /// - Parameter windows: cover the raster once; each begins where a tile does.
    init(_ source: borrowing RasterSource, _ windows: [PixelWindow], _ file: StandardFile) throws {
        self.source = try source.reopened()
        self.windows = windows
        self.file = file
        compressor = try ZstdCompressor()
        tile = [UInt8](repeating: 0, count: StandardFile.side * StandardFile.side * file.channels)
    }

    func work(on piece: Int) throws {
        let window = windows[piece], side = StandardFile.side
        try source.read(window, into: pixels)
        validPixels += pixels.validCount
        for y in stride(from: 0, to: window.height, by: side) {
            for x in stride(from: 0, to: window.width, by: side) {
                fillTile(x, y)
                try tile.withUnsafeBytes { tile in
                    try compressor.compress(tile) {
                        try file.add($0, column: (window.x + x) / side, row: (window.y + y) / side)
                    }
                }
            }
        }
    }

    /// Puts each pixel's difference from the one on its left into the tile; beyond the image is nothing.
    /// Source: TIFF 6.0, section 14 (predictor 2)
    private func fillTile(_ left: Int, _ top: Int) {
        let side = StandardFile.side, channels = file.channels
        let columns = min(side, pixels.width - left), rows = min(side, pixels.height - top)
        tile.withUnsafeMutableBytes { tile in
            if columns < side || rows < side { tile.initializeMemory(as: UInt8.self, repeating: 0) }
            for row in 0..<rows {
                let from = UnsafeBufferPointer(
                    rebasing: pixels.words[((top + row) * pixels.width + left)...].prefix(columns))
                let to = UnsafeMutableRawBufferPointer(
                    rebasing: tile[(row * side * channels)...].prefix(side * channels))
                if channels == 4 { Self.differences(from, to) } else { Self.opaqueDifferences(from, to) }
                // The difference that ends the image within the tile.
                if columns < side {
                    for channel in 0..<channels {
                        to[columns * channels + channel] =
                            0 &- UInt8(truncatingIfNeeded: from[columns - 1] >> (8 * channel))
                    }
                }
            }
        }
    }

    private static func differences(_ from: UnsafeBufferPointer<UInt32>, _ to: UnsafeMutableRawBufferPointer) {
        let to = to.bindMemory(to: UInt32.self)
        to[0] = from[0]
        for index in 1..<max(1, from.count) { to[index] = bytewise(from[index], minus: from[index - 1]) }
    }

    private static func opaqueDifferences(_ from: UnsafeBufferPointer<UInt32>, _ to: UnsafeMutableRawBufferPointer) {
        var last: UInt32 = 0
        for (index, pixel) in from.enumerated() {
            let difference = bytewise(pixel, minus: last)
            for channel in 0..<3 { to[index * 3 + channel] = UInt8(truncatingIfNeeded: difference >> (8 * channel)) }
            last = pixel
        }
    }

    /// Four subtractions in one: the highest bit of each byte keeps borrows from its neighbour.
    private static func bytewise(_ a: UInt32, minus b: UInt32) -> UInt32 {
        let high: UInt32 = 0x8080_8080
        return ((a | high) &- (b & ~high)) ^ ((a ^ ~b) & high)
    }
}
