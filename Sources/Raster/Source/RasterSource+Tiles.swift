extension RasterSource {
    /// Windows that cover the image once, row by row, in a size that suits the file: whole blocks, so that each
    /// is decoded once, and at most about `pixels` pixels, so that memory does not grow with the image.
    /// - Parameter multiple: width and height are multiples of this (the blocks of the file that is written).
    func tiles(pixels: Int = 4 << 20, multiple: Int = 512) -> [PixelWindow] {
        let block = bands[0]
        let side = max(multiple, Self.roundUp(block.blockHeight, multiple))
        // Strips are as wide as the image: cutting them would decode each again for every cut.
        let isStriped = block.blockWidth >= raster.width
        let room = max(multiple, Self.roundUp(pixels / side, multiple))
        let width = isStriped && raster.width * multiple <= 4 * pixels ? raster.width : room
        let height = width == raster.width ? max(multiple, pixels / max(1, width) / multiple * multiple) : side
        return stride(from: 0, to: raster.height, by: height).flatMap { y in
            stride(from: 0, to: raster.width, by: width).map { x in
                PixelWindow(
                    x: x, y: y, width: min(width, raster.width - x), height: min(height, raster.height - y))
            }
        }
    }

    /// Whether a window of it can be read without decoding much beside it: of what is not tiled a window may cost all.
    var isCheapToCut: Bool { bands[0].blockWidth < raster.width || raster.width * raster.height <= 16 << 20 }

    private static func roundUp(_ value: Int, _ multiple: Int) -> Int {
        (value + multiple - 1) / multiple * multiple
    }
}
