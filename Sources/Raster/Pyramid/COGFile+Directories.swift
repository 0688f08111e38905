extension COGFile {
    /// The full image, its mask, the overviews, their masks: GDAL's order.
    func directories(_ index: [TileStore.Level]) -> [TIFFDirectory] {
        let images = grid.levels.indices.map { image($0, index[$0].images) }
        let masks = grid.levels.indices.map { mask($0, index[$0].masks) }
        return [images[0], masks[0]] + images.dropFirst() + masks.dropFirst()
    }

    private func image(_ level: Int, _ tiles: TileIndex) -> TIFFDirectory {
        var directory = common(level, tiles, bits: 8, samples: 3)
        directory.set(TIFFField(.compression, short: [7]))  // JPEG
        directory.set(TIFFField(.photometric, short: [6]))  // YCbCr
        directory.set(TIFFField(.chromaSubsampling, short: [2, 2]))
        // Black and white of luma and chroma, as fractions.
        directory.set(
            TIFFField(
                .referenceBlackWhite, .rational,
                bytes: [0, 255, 128, 255, 128, 255].flatMap { littleEndian(UInt32($0)) + littleEndian(UInt32(1)) }))
        directory.set(TIFFField(.jpegTables, .undefined, bytes: tables))
        if level > 0 { directory.set(TIFFField(.subfileType, long: [1])) }  // an overview
        if level == 0 {
            for field in georeference { directory.set(field) }
            directory.set(TIFFField(.gdalMetadata, .ascii, bytes: Array(metadata.utf8) + [0]))
        }
        return directory
    }

    private func mask(_ level: Int, _ tiles: TileIndex) -> TIFFDirectory {
        var directory = common(level, tiles, bits: 1, samples: 1)
        directory.set(TIFFField(.compression, short: [8]))  // DEFLATE
        directory.set(TIFFField(.photometric, short: [4]))  // transparency mask
        directory.set(TIFFField(.predictor, short: [1]))
        directory.set(TIFFField(.subfileType, long: [level == 0 ? 4 : 5]))  // a mask; of an overview
        return directory
    }

    private func common(_ level: Int, _ tiles: TileIndex, bits: UInt16, samples: Int) -> TIFFDirectory {
        let size = grid.levels[level], side = UInt16(WebMapGrid.side)
        return TIFFDirectory([
            TIFFField(.imageWidth, long: [UInt32(size.width)]), TIFFField(.imageLength, long: [UInt32(size.height)]),
            TIFFField(.bitsPerSample, short: Array(repeating: bits, count: samples)),
            TIFFField(.samplesPerPixel, short: [UInt16(samples)]), TIFFField(.planarConfiguration, short: [1]),
            TIFFField(.tileWidth, short: [side]), TIFFField(.tileLength, short: [side]),
            TIFFField(.tileOffsets, offsets: tiles.tiles.map { $0?.offset ?? 0 }, isBig: true),
            TIFFField(.tileByteCounts, long: tiles.tiles.map { UInt32($0?.size ?? 0) }),
            TIFFField(.sampleFormat, short: Array(repeating: 1, count: samples)),
        ])
    }

    /// What GDAL's driver says of the tiling, for readers that ask.
    private var metadata: String {
        """
        <GDALMetadata>
          <Item name="NAME" domain="TILING_SCHEME">GoogleMapsCompatible</Item>
          <Item name="ZOOM_LEVEL" domain="TILING_SCHEME">\(grid.zoom)</Item>
        </GDALMetadata>

        """
    }
}
