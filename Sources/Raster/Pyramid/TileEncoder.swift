import CPixels

/// Turns finished tiles into what the file holds of them: a JPEG and a mask of one bit a pixel; one thread's own.
final class TileEncoder {
    private static let side = WebMapGrid.side
    private let jpeg: TileJPEG
    private let deflater: Deflater
    private let soft = RGBAImage(width: side, height: side)
    private let empty: (image: [UInt8], mask: [UInt8])
    private let full: [UInt8]

    init(quality: Int) throws {
        let side = Self.side
        jpeg = try TileJPEG(quality: quality, side: side)
        deflater = try Deflater(level: 6)
        soft.clear()
        let nothing = try deflater.compress([UInt8](repeating: 0, count: side * side / 8))
        empty = (try jpeg.compress(UnsafeBufferPointer(soft.bytes)), nothing)
        full = try deflater.compress([UInt8](repeating: 255, count: side * side / 8))
    }

    /// A tile without a valid pixel.
    func encodeEmpty(_ tile: TileAddress, to store: TileStore) throws {
        try store.add(tile, image: empty.image, mask: empty.mask)
    }

    /// - Returns: whether any pixel is valid.
    func encode(_ pixels: RGBAImage, _ tile: TileAddress, to store: TileStore) throws -> Bool {
        switch pixels_cover(pixels.bytes.baseAddress, pixels.pixelCount) {
        case PIXELS_NONE:
            try encodeEmpty(tile, to: store)
            return false
        case PIXELS_ALL:
            try store.add(tile, image: jpeg.compress(UnsafeBufferPointer(pixels.bytes)), mask: full)
        default:
            _ = soft.words.update(fromContentsOf: pixels.words)
            Self.soften(soft)
            try store.add(
                tile, image: jpeg.compress(UnsafeBufferPointer(soft.bytes)), mask: deflater.compress(Self.mask(pixels)))
        }
        return true
    }

    /// One bit for each pixel, the first in the highest.
    private static func mask(_ pixels: RGBAImage) -> [UInt8] {
        let words = pixels.words
        return (0..<words.count / 8).map { index in
            (0..<8).reduce(UInt8(0)) { bits, bit in bits << 1 | (words[index * 8 + bit] == 0 ? 0 : 1) }
        }
    }

    /// Gives invalid pixels the mean colour of their block, where that has valid ones: JPEG spreads what a block of
    /// 16 x 16 holds over all of it, so that an edge to black would darken the pixels beside it.
    private static func soften(_ pixels: RGBAImage) {
        for y in stride(from: 0, to: side, by: 16) {
            for x in stride(from: 0, to: side, by: 16) { softenBlock(pixels.words, y * side + x) }
        }
    }

    private static func softenBlock(_ pixels: UnsafeMutableBufferPointer<UInt32>, _ start: Int) {
        var sums: (UInt32, UInt32, UInt32) = (0, 0, 0), count: UInt32 = 0
        for index in 0..<256 {
            let pixel = pixels[start + index / 16 * side + index % 16]
            guard pixel != 0 else { continue }
            sums = (sums.0 + pixel & 255, sums.1 + pixel >> 8 & 255, sums.2 + pixel >> 16 & 255)
            count += 1
        }
        guard count > 0, count < 256 else { return }
        let mean = sums.0 / count | (sums.1 / count) << 8 | (sums.2 / count) << 16
        for index in 0..<256 {
            let place = start + index / 16 * side + index % 16
            if pixels[place] == 0 { pixels[place] = mean }
        }
    }
}

extension Deflater {
    func compress(_ bytes: [UInt8]) throws -> [UInt8] { try bytes.withUnsafeBytes { try compress($0) { Array($0) } } }
}
