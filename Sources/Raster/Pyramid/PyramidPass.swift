/// Makes all tiles of a web map from a north-up raster in one pass: every pixel of the source is decoded once (those at
/// the edges of patches twice), resampled, and averaged upwards, on all cores.
struct PyramidPass {
    /// As the platform's maps have always been.
    static let quality = 95
    /// Each holds up to some 60 MiB.
    private static let mostThreads = 8

    let plan: PyramidPlan
    let store: TileStore

    /// - Parameters:
    ///   - makeReader: called once for each thread that there will be.
    ///   - progress: 0…1, monotone, on the calling thread.
    /// - Returns: whether any pixel is valid.
    func run(_ makeReader: () throws -> RasterReader, _ progress: (Double) -> Void) throws -> Bool {
        let upper = UpperLevels(plan, try TileEncoder(quality: Self.quality), store), count = plan.patches.count
        let makers = try (0..<ParallelWork.workerCount(for: count, most: Self.mostThreads)).map { _ in
            PatchMaker(plan, try makeReader(), try TileEncoder(quality: Self.quality), store, upper)
        }
        try ParallelWork.run(count, by: makers, progress)
        return upper.hasPixels
    }
}
