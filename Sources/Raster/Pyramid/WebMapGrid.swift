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

    /// - Returns: nil where the raster reaches beyond the web map.
    init?(of place: SuggestedPlace) {
        zoom = WebMapZooms.level(place.resolution)
        let tile = WebMapZooms.resolution(of: zoom) * Double(Self.side), half = WebMapZooms.circumference / 2
        // A thousandth of a tile is a rounding error, and no reason for another row.
        let slack = 1e-3, box = place.bounds
        guard box.isFinite, abs(box.west) <= half, abs(box.east) <= half, abs(box.north) <= half,
            abs(box.south) <= half
        else { return nil }
        firstColumn = Int(((box.west + half) / tile + slack).rounded(.down))
        firstRow = Int(((half - box.north) / tile + slack).rounded(.down))
        columns = max(1, Int(((box.east + half) / tile - slack).rounded(.up)) - firstColumn)
        rows = max(1, Int(((half - box.south) / tile - slack).rounded(.up)) - firstRow)
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
