/// What makes a file standard: 8-bit RGB or RGBA by name, tiled, lossless, north-up, validity in alpha alone.
enum StandardProfile {
    private static let lossless: Set<String> = ["DEFLATE", "LZW", "ZSTD", "PACKBITS", "LZMA"]

    /// Everything in which a file differs, empty for a standard one.
    static func deviations(
        _ source: borrowing RasterSource, _ place: borrowing Georeference, _ findings: PixelFindings
    ) -> [String] {
        var found: [String] = []
        func note(_ differs: Bool, _ what: String) { if differs { found.append(what) } }
        let bands = source.bands, colors = bands.map(\.color)
        note(!source.isByte || bands.contains { $0.type != .uint8 }, "samples are not 8-bit")
        note(
            colors != [.red, .green, .blue] && colors != [.red, .green, .blue, .alpha],
            "bands are not red, green, blue and alpha")
        note(!isTiled(source), "not tiled")
        note(!isLossless(source.raster.metadataItem("COMPRESSION", domain: "IMAGE_STRUCTURE")), "lossy compression")
        note(source.raster.metadataItem("INTERLEAVE", domain: "IMAGE_STRUCTURE") != "PIXEL", "band-interleaved")
        note(bands.contains { $0.nodata != nil }, "a nodata value")
        note(source.plan.usesMask, "a mask")
        note(findings.collar != nil, "a collar")
        note(bands.contains { ($0.scale ?? 1) != 1 || ($0.offset ?? 0) != 0 }, "scaled values")
        note(source.raster.metadataItem("AREA_OR_POINT") == "Point", "pixel-is-point")
        note(
            source.raster.metadataItem("NBITS", band: 1, domain: "IMAGE_STRUCTURE") != nil, "less than 8 bits a sample")
        note(place.hadHeights, "a height system")
        note(place.hadFarLongitudes, "longitudes beyond 180 degrees")
        note(source.plan.alphaIsOnOff, "opacity of 0 and 1")
        // A copy would leave behind what they say of the place or of the colours.
        note(source.raster.files.count > 1, "side files")
        if case .northUp = place.placement {} else { note(true, "not north-up") }
        return found
    }

    private static func isLossless(_ compression: String?) -> Bool { compression.map(lossless.contains) ?? true }

    /// A strip is as wide as the image, and no square with sides that tiles have but by chance and in small images.
    private static func isTiled(_ source: borrowing RasterSource) -> Bool {
        let band = source.bands[0]
        if band.blockWidth != source.raster.width { return true }
        return band.blockWidth == band.blockHeight && band.blockWidth % 16 == 0 && band.blockWidth <= 1024
    }
}

extension RasterSource {
    /// Checks that the file is long enough to hold every block that it lists, without decoding any.
    func hasAllBlocks(fileSize: Int) -> Bool {
        blocks.allSatisfy { blockFact("BLOCK_OFFSET", $0) + blockFact("BLOCK_SIZE", $0) <= fileSize }
    }

    /// Whether any block of the colour bands was ever written; those of sparse files are not, and read as zeros.
    var hasAnyBlock: Bool {
        plan.colorBands.contains { band in blocks.contains { blockFact("BLOCK_OFFSET", $0, band: band) > 0 } }
    }

    private var blocks: some Sequence<(x: Int, y: Int)> {
        let columns = (raster.width - 1) / bands[0].blockWidth + 1,
            rows = (raster.height - 1) / bands[0].blockHeight + 1
        return (0..<columns * rows).lazy.map { ($0 % columns, $0 / columns) }
    }

    private func blockFact(_ key: String, _ block: (x: Int, y: Int), band: Int = 1) -> Int {
        raster.metadataItem("\(key)_\(block.x)_\(block.y)", band: band, domain: "TIFF").map(Self.position) ?? 0
    }

    /// A number of bytes in a file; beyond all files what is beyond what we count with.
    static func position(_ text: String) -> Int {
        min(Int(text) ?? .max, .max / 4)
    }
}
