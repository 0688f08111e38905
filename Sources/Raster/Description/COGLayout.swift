/// Where the parts of a GeoTIFF lie in its file, and whether that is the order of a cloud-optimised one: all
/// directories first, then the smallest overview's pixels, and so on up to the full image's.
/// Source: https://gdal.org/drivers/raster/cog.html#file-format-details
struct COGLayout {
    struct Level {
        var width: Int
        var height: Int
        var blockWidth: Int
        var blockHeight: Int
        /// Offset of the level's directory in bytes.
        var directory: Int
        /// Offset of its first block that is not empty, nil if all are.
        var firstBlock: Int?

        var isLarge: Bool { width > 512 || height > 512 }
        var isUntiled: Bool { blockWidth == width && blockWidth != blockHeight }
    }

    struct Verdict: Equatable {
        var errors: [String] = []
        var warnings: [String] = []
    }

    private(set) var isGeoTIFF = true
    /// The full image, then the overviews in file order.
    private(set) var levels: [Level] = []
    private(set) var hasExternalOverviews = false
    /// Somebody wrote into the file after it was laid out.
    private(set) var wasEdited = false

    func verdict() -> Verdict {
        var verdict = Verdict()
        guard isGeoTIFF, let full = levels.first else { return Verdict(errors: ["The file is not a GeoTIFF"]) }
        if hasExternalOverviews { verdict.errors.append("Overviews are in an external .ovr file") }
        if full.isLarge && full.isUntiled {
            verdict.errors.append("The image is larger than 512 pixels but not tiled")
        }
        if full.isLarge && levels.count == 1 {
            verdict.warnings.append("The image is larger than 512 pixels but has no internal overviews")
        }
        if wasEdited { verdict.errors.append("The layout was invalidated by later changes to the file") }
        if full.directory > 300 {
            verdict.errors.append("The main directory is at byte \(full.directory), it should be before 300")
        }
        verdict.errors += overviewErrors() + directoryErrors() + blockErrors()
        return verdict
    }

    private func overviewErrors() -> [String] {
        levels.indices.dropFirst().flatMap { index -> [String] in
            let level = levels[index], larger = levels[index - 1]
            var errors: [String] = []
            if level.width > larger.width || level.height > larger.height
                || (level.width, level.height) == (larger.width, larger.height)
            {
                errors.append("Overview \(index - 1) is not smaller than the level before it")
            }
            if level.isLarge && level.isUntiled { errors.append("Overview \(index - 1) is not tiled") }
            return errors
        }
    }

    private func directoryErrors() -> [String] {
        levels.indices.dropFirst().compactMap { index in
            levels[index].directory < levels[index - 1].directory
                ? "The directory of overview \(index - 1) lies before the one of the level above it" : nil
        }
    }

    private func blockErrors() -> [String] {
        let filled = levels.indices.filter { levels[$0].firstBlock != nil }
        var errors: [String] = []
        if let last = filled.last, let block = levels[last].firstBlock, let directory = levels.map(\.directory).max(),
            block < directory
        {
            errors.append("The first block of the smallest level lies before its directory")
        }
        for (larger, smaller) in zip(filled, filled.dropFirst())
        where (levels[larger].firstBlock ?? 0) < (levels[smaller].firstBlock ?? 0) {
            let which = larger == 0 ? "the full image" : "overview \(larger - 1)"
            errors.append("The first block of \(which) lies before the one of overview \(smaller - 1)")
        }
        return errors
    }
}

extension COGLayout {
    /// Reads directories only, no pixels.
    init(of raster: borrowing RasterDataset) {
        guard raster.driver == "GTiff" else {
            isGeoTIFF = false
            return
        }
        hasExternalOverviews = raster.hasExternalOverviews
        wasEdited =
            raster.metadataItem("GDAL_STRUCTURAL_METADATA", domain: "TIFF")?
            .contains("KNOWN_INCOMPATIBLE_EDITION=YES") == true
        let band = raster.band(1)
        let full = RasterBand.OverviewSize(
            width: raster.width, height: raster.height, blockWidth: band.blockWidth, blockHeight: band.blockHeight)
        levels = [Self.level(raster, full, overview: nil)]
        for (index, size) in band.overviews.enumerated() {
            levels.append(Self.level(raster, size, overview: index))
        }
    }

    private static func level(
        _ raster: borrowing RasterDataset, _ size: RasterBand.OverviewSize, overview: Int?
    ) -> Level {
        Level(
            width: size.width, height: size.height, blockWidth: size.blockWidth, blockHeight: size.blockHeight,
            directory: number(raster, "IFD_OFFSET", overview) ?? 0, firstBlock: firstBlock(raster, size, overview))
    }

    private static func firstBlock(
        _ raster: borrowing RasterDataset, _ size: RasterBand.OverviewSize, _ overview: Int?
    ) -> Int? {
        let columns = (size.width - 1) / max(1, size.blockWidth) + 1
        let rows = (size.height - 1) / max(1, size.blockHeight) + 1
        // A header may claim more blocks than anybody lives to look at.
        for index in 0..<min(columns * rows, mostBlocks) {
            let key = "BLOCK_OFFSET_\(index % columns)_\(index / columns)"
            if let offset = number(raster, key, overview), offset > 0 { return offset }
        }
        return nil
    }

    private static let mostBlocks = 1_500_000

    private static func number(_ raster: borrowing RasterDataset, _ key: String, _ overview: Int?) -> Int? {
        raster.metadataItem(key, band: 1, overview: overview, domain: "TIFF").flatMap { Int($0) }
    }
}
