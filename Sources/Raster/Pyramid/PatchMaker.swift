import CPixels
import Failures

/// Makes the tiles of one patch after the other: reads its part of the source once, makes the tiles of the full image
/// from that, and each smaller level's from the four below.
///
/// Not safe for several threads at once: `ParallelWork` sees to it that there is one.
final class PatchMaker: PieceWorker, @unchecked Sendable {
    private let plan: PyramidPlan
    private let patches: [TileAddress]
    private let source: RasterReader
    private let encoder: TileEncoder
    private let store: TileStore
    private let upper: UpperLevels
    private let pixels = RGBAImage()
    /// One tile for each level of a patch.
    private let canvases: [RGBAImage]

    init(
        _ plan: PyramidPlan, _ source: RasterReader, _ encoder: TileEncoder, _ store: TileStore, _ upper: UpperLevels
    ) {
        self.plan = plan
        patches = plan.patches
        self.upper = upper
        self.source = source
        self.encoder = encoder
        self.store = store
        let side = WebMapGrid.side
        canvases = (0...plan.patchLevel).map { _ in RGBAImage(width: side, height: side) }
    }

    func work(on piece: Int) throws { try make(patches[piece]) }

    private func make(_ patch: TileAddress) throws {
        let side = WebMapGrid.side << patch.level
        guard
            let lattice = source.map.lattice(column: patch.column * side, row: patch.row * side, side: side)
        else { throw Failure.cogNotMade(source.name, detail: "tile \(patch) has no place in the raster's system") }
        let window = lattice.window(margin: plan.margin, width: source.width, height: source.height)
        if let window { try source.read(window, into: pixels) }
        let origin = (column: patch.column << patch.level, row: patch.row << patch.level)
        let part = window.map { Part(lattice: lattice, window: $0, column: origin.column, row: origin.row) }
        let hasPixels = try make(patch, from: part)
        try upper.add(hasPixels ? canvases[patch.level] : nil, patch)
    }

    /// What is at hand of the source for a patch that begins at a tile of the full image.
    private struct Part {
        let lattice: SourceMap.Lattice
        let window: PixelWindow
        let column: Int
        let row: Int
    }

    /// - Returns: whether any pixel of the tile is valid; if so, it is on its level's canvas.
    private func make(_ tile: TileAddress, from part: Part?) throws -> Bool {
        guard plan.has(tile) else { return false }
        let canvas = canvases[tile.level]
        if tile.level > 0 {
            canvas.clear()
            for child in tile.children where try make(child, from: part) {
                canvas.place(half: canvases[child.level], at: child.quarter)
            }
        } else if let part {
            resample(tile, part, to: canvas)
        } else {
            try encoder.encodeEmpty(tile, to: store)
            return false
        }
        return try encoder.encode(canvas, tile, to: store)
    }

    private func resample(_ tile: TileAddress, _ part: Part, to canvas: RGBAImage) {
        let step = SourceMap.step, cells = WebMapGrid.side / step
        let (firstX, firstY) = ((tile.column - part.column) * cells, (tile.row - part.row) * cells)
        let image = pixels_image(
            pixels: pixels.bytes.baseAddress, width: Int32(pixels.width), height: Int32(pixels.height))
        plan.across.withKernel { across in
            plan.down.withKernel { down in
                for y in 0..<WebMapGrid.side {
                    for x in 0..<cells {
                        let path = part.lattice.path(
                            cellX: firstX + x, cellY: firstY + y / step, row: y % step, in: part.window)
                        let out = canvas.bytes.baseAddress.map { $0 + (y * WebMapGrid.side + x * step) * 4 }
                        pixels_resample_row(image, across, down, path, Int32(step), out)
                    }
                }
            }
        }
    }
}

extension RGBAImage {
    /// Puts another image of the same size, halved, so that its first pixel comes to lie at `place`.
    func place(half other: RGBAImage, at place: (x: Int, y: Int)) {
        let image = pixels_image(
            pixels: other.bytes.baseAddress, width: Int32(other.width), height: Int32(other.height))
        pixels_halve(image, bytes.baseAddress.map { $0 + (place.y * width + place.x) * 4 }, width * 4)
    }
}
