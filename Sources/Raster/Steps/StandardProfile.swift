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

    /// A strip is as wide as the image and, but by chance, not square.
    private static func isTiled(_ source: borrowing RasterSource) -> Bool {
        let band = source.bands[0]
        return band.blockWidth != source.raster.width || band.blockWidth == band.blockHeight
    }
}

extension RasterSource {
    /// Checks that the file is long enough to hold every block that it lists, without decoding any.
    func hasAllBlocks(fileSize: Int) -> Bool {
        let block = bands[0]
        for y in 0...(raster.height - 1) / block.blockHeight {
            for x in 0...(raster.width - 1) / block.blockWidth {
                if blockFact("BLOCK_OFFSET", x, y) + blockFact("BLOCK_SIZE", x, y) > fileSize { return false }
            }
        }
        return true
    }

    private func blockFact(_ key: String, _ x: Int, _ y: Int) -> Int {
        raster.metadataItem("\(key)_\(x)_\(y)", band: 1, domain: "TIFF").flatMap { Int($0) } ?? 0
    }
}
