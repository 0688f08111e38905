internal import Failures
internal import Foundation
internal import Raster

/// Renders an orthophoto block by block into a GeoTIFF: memory stays bounded, whatever the size.
struct OrthophotoWriter {
    /// GDAL writes each tile of the file once: blocks are whole multiples of them.
    private static let blockSide = 512
    private static let batchSide = 1024

    let grid: OutputGrid
    let views: [PhotoView]
    let epsg: Int
    let creationOptions: [String]
    let threads: Int

    /// Writes to `path`, which exists only when the whole orthophoto is in it. `progress` goes from 0 to 1.
    func write(to path: String, progress: (Double) -> Void) throws {
        let unfinished = path + ".part-\(getpid())"
        defer { unlink(unfinished) }
        try render(to: unfinished, progress)
        try synchronise(unfinished)
        guard rename(unfinished, path) == 0 else {
            throw Failure.cannotWrite(URL(fileURLWithPath: path).lastPathComponent, String(cString: strerror(errno)))
        }
    }

    private func render(to path: String, _ progress: (Double) -> Void) throws {
        let file = try RasterDataset(
            creating: path, width: grid.width, height: grid.height, bands: 4, options: creationOptions)
        try describe(file)
        let renderer = BlockRenderer(grid: grid, views: views)
        let batches = grid.window.tiles(side: Self.batchSide)
        var cache = PhotoCache(threads: threads)
        for (index, batch) in batches.enumerated() {
            let plans = batch.tiles(side: Self.blockSide).map { BlockPlan($0, grid: grid, views: views) }
            let used = plans.reduce(into: Set<Int>()) { $0.formUnion($1.usedViews) }
            let pixels = try cache.pixels(of: used, views: views, resolution: grid.resolution)
            let blocks = Parallel.map(plans, threads: threads) { renderer.render($0, pixels: pixels) }
            for (plan, block) in zip(plans, blocks) {
                if let block { try file.write(block, to: plan.window) }
            }
            progress(Double(index + 1) / Double(batches.count))
        }
        try file.close()
    }

    private func describe(_ file: borrowing RasterDataset) throws {
        try file.setProjection(epsg: epsg)
        try file.setGeoTransform(
            GeoTransform(
                originX: grid.west, originY: grid.north, pixelWidth: grid.resolution, pixelHeight: grid.resolution))
        for (index, color) in [ColorInterpretation.red, .green, .blue, .alpha].enumerated() {
            try file.setColorInterpretation(color, band: index + 1)
        }
    }

    private func synchronise(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure.cannotWrite("the orthophoto", String(cString: strerror(errno))) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else {
            throw Failure.cannotWrite("the orthophoto", String(cString: strerror(errno)))
        }
    }
}
