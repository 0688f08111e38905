import Failures

/// Writes a cloud-optimised GeoTIFF from finished tiles: all directories first, then the tiles of the smallest
/// overview, and so on up to the full image's; every image tile with its mask behind it.
/// Source: https://gdal.org/drivers/raster/cog.html#file-format-details
struct COGFile {
    let grid: WebMapGrid
    let tables: [UInt8]
    /// Where the image lies.
    let georeference: [TIFFField]

    /// - Parameter path: of the file that is going to be written.
    init(grid: WebMapGrid, beside path: String) throws {
        self.grid = grid
        tables = try TileJPEG(quality: PyramidPass.quality, side: WebMapGrid.side).tables()
        let sketch = try TIFFSketch.draw(beside: path, bands: 3, options: []) { raster in
            try raster.setProjection(epsg: 3857)
            try raster.setGeoTransform(grid.transform)
        }
        georeference = TIFFField.Tag.georeference.compactMap { sketch[$0] }
    }

    /// Tells readers that every tile has its size before it and its last bytes after it, and lies beside its mask.
    private static let structure: [UInt8] = {
        let text = """
            LAYOUT=IFDS_BEFORE_DATA
            BLOCK_ORDER=ROW_MAJOR
            BLOCK_LEADER=SIZE_AS_UINT4
            BLOCK_TRAILER=LAST_4_BYTES_REPEATED
            KNOWN_INCOMPATIBLE_EDITION=NO
             MASK_INTERLEAVED_WITH_IMAGERY=YES

            """
        let size = String(text.utf8.count)
        let digits = String(repeating: "0", count: 6 - size.count) + size
        return Array("GDAL_STRUCTURAL_METADATA_SIZE=\(digits) bytes\n\(text)".utf8)
    }()

    func write(_ store: TileStore, to path: String) throws {
        let file = try SharedFile(creating: path), index = store.index
        let form = TIFFForm(isBig: true), start = form.headerSize + Self.structure.count
        // Sizes do not depend on offsets, so a first draft tells where the tiles begin.
        let directoriesEnd = offsets(directories(index), from: start).end
        let placed = place(index, from: directoriesEnd + directoriesEnd % 2)
        let final = directories(placed), (places, end) = offsets(final, from: start)
        var head = form.header(firstDirectory: places[0]) + Self.structure
        for (number, directory) in final.enumerated() {
            head += [UInt8](repeating: 0, count: places[number] - head.count)
            head += directory.bytes(
                at: places[number], next: number + 1 < final.count ? places[number + 1] : 0, isBig: true)
        }
        head += [UInt8](repeating: 0, count: end + end % 2 - head.count)
        _ = try file.append(head)
        try copyTiles(index, store.file, to: file)
    }

    /// Where directories lie, one behind the other at even places.
    private func offsets(_ directories: [TIFFDirectory], from start: Int) -> (places: [Int], end: Int) {
        var end = start
        let places = directories.map { directory in
            let place = end + end % 2
            end = place + directory.size(isBig: true)
            return place
        }
        return (places, end)
    }

    /// The same tiles at their places in the file.
    private func place(_ index: [TileStore.Level], from start: Int) -> [TileStore.Level] {
        var placed = index, end = start
        func next(_ place: TileIndex.Place?) -> TileIndex.Place? {
            place.map { place in
                defer { end += place.size + 8 }
                return TileIndex.Place(offset: end + 4, size: place.size)
            }
        }
        for level in index.indices.reversed() {
            for row in 0..<index[level].images.rows {
                for column in 0..<index[level].images.columns {
                    placed[level].images[column, row] = next(index[level].images[column, row])
                    placed[level].masks[column, row] = next(index[level].masks[column, row])
                }
            }
        }
        return placed
    }

    /// Copies tiles in the order of `place`, each in its frame.
    private func copyTiles(_ index: [TileStore.Level], _ from: SharedFile, to file: SharedFile) throws {
        var buffer: [UInt8] = []
        for level in index.reversed() {
            for (image, mask) in zip(level.images.tiles, level.masks.tiles) {
                for place in [image, mask].compactMap({ $0 }) {
                    try Self.addFramed(place, from, to: &buffer)
                }
                if buffer.count > 4 << 20 {
                    _ = try file.append(buffer)
                    buffer.removeAll(keepingCapacity: true)
                }
            }
        }
        _ = try file.append(buffer)
    }

    private static func addFramed(_ place: TileIndex.Place, _ file: SharedFile, to buffer: inout [UInt8]) throws {
        buffer += littleEndian(UInt32(place.size))
        let start = buffer.count
        buffer += repeatElement(0, count: place.size)
        try buffer.withUnsafeMutableBytes {
            try file.read(into: UnsafeMutableRawBufferPointer(rebasing: $0[start...]), at: place.offset)
        }
        buffer += buffer[(buffer.count - 4)...]
    }
}
