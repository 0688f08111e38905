/// The pixels of a raster on the web map: whole tiles of the zoom level whose resolution is nearest to its own, and
/// the smaller images above them.
///
/// The same as what GDAL's COG driver chooses for `TILING_SCHEME=GoogleMapsCompatible`.
/// Source: https://docs.ogc.org/is/17-083r4/17-083r4.html (WebMercatorQuad)
struct WebMapGrid: Equatable {
    /// Width and height of a tile in pixels.
    static let side = 256

    let zoom: Int
    /// The first tile's place in the zoom level.
    let firstColumn: Int
    let firstRow: Int
    /// In tiles.
    let columns: Int
    let rows: Int

    /// What lies beyond the web map's square is cut off.
    /// - Returns: nil where the raster lies nowhere on it.
    init?(of place: SuggestedPlace) {
        zoom = WebMapZooms.level(place.resolution)
        let tile = WebMapZooms.resolution(of: zoom) * Double(Self.side), half = WebMapZooms.circumference / 2
        let box = place.bounds
        guard box.isFinite, box.west < half, box.east > -half, box.south < half, box.north > -half else { return nil }
        func tiles(_ metres: Double, _ rule: FloatingPointRoundingRule, _ slack: Double) -> Int {
            Int((min(max(metres, 0), 2 * half) / tile + slack).rounded(rule))
        }
        // A thousandth of a tile is a rounding error, and no reason for another row.
        firstColumn = tiles(box.west + half, .down, 1e-3)
        firstRow = tiles(half - box.north, .down, 1e-3)
        columns = max(1, tiles(box.east + half, .up, -1e-3) - firstColumn)
        rows = max(1, tiles(half - box.south, .up, -1e-3) - firstRow)
    }

    var resolution: Double { WebMapZooms.resolution(of: zoom) }
    var width: Int { columns * Self.side }
    var height: Int { rows * Self.side }

    var transform: GeoTransform {
        let tile = resolution * Double(Self.side), half = WebMapZooms.circumference / 2
        return GeoTransform(
            originX: Double(firstColumn) * tile - half, originY: half - Double(firstRow) * tile, pixelWidth: resolution,
            pixelHeight: resolution)
    }

    /// The sizes of the full image and of its overviews, each half of the one before, down to one that fits a tile.
    var levels: [(width: Int, height: Int)] {
        var sizes = [(width: width, height: height)], last = sizes[0]
        while last.width > Self.side || last.height > Self.side {
            last = ((last.width + 1) / 2, (last.height + 1) / 2)
            sizes.append(last)
        }
        return sizes
    }
}
