/// Which bands make the picture and which say where it is valid.
struct BandPlan: Equatable {
    /// The distinct bands to read for colour, counting from 1.
    var colorBands: [Int]
    /// For red, green and blue: the index in `colorBands`.
    var channels: [Int]
    /// RGBA colours, when the one colour band holds indices into them.
    var palette: [[UInt8]]?
    /// The band of opacity.
    var alpha: Int?
    /// A mask inside the file or in a `.msk` file beside it counts.
    var usesMask = false
    /// One value per colour band: a pixel is invalid when all its colour bands equal theirs.
    var nodata: [Double]?

    /// Decides from the bands' own words; what only pixels can tell comes later (`RasterSource.settle`).
    /// - Precondition: `bands` is not empty.
    init(bands: [RasterBand]) {
        let isByte = bands[0].type == .uint8
        let data = bands.indices.filter { bands[$0].color != .alpha }
        alpha = data.isEmpty ? nil : bands.lastIndex { $0.color == .alpha }.map { $0 + 1 }
        usesMask = alpha == nil && bands[0].mask.contains(.perDataset)
        palette = data.first.flatMap { isByte ? bands[$0].palette : nil }
        let chosen = Self.choose(bands, from: data.isEmpty ? [0] : data, palette != nil)
        colorBands = chosen.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
        channels = chosen.map { [colorBands] band in colorBands.firstIndex(of: band) ?? 0 }
        // An 8-bit file with its own opacity means its black pixels to be black.
        if !isByte || (alpha == nil && !usesMask) {
            let values = colorBands.compactMap { bands[$0 - 1].nodata }
            // A value that bytes cannot hold (-9999, NaN) says nothing about them.
            let isPossible = values.allSatisfy { !isByte || UInt8(exactly: $0) != nil }
            nodata = values.count == colorBands.count && isPossible ? values : nil
        }
    }

    /// Red, green and blue by their names, else the first bands in file order.
    private static func choose(_ bands: [RasterBand], from data: [Int], _ isPalette: Bool) -> [Int] {
        let named = [ColorInterpretation.red, .green, .blue].compactMap { color in
            data.first { bands[$0].color == color }
        }
        let order =
            switch (named.count, isPalette ? 1 : data.count) {
            case (3, _): named
            case (_, 1): [data[0], data[0], data[0]]
            case (_, 2): [data[0], data[1], data[0]]
            default: Array(data.prefix(3))
            }
        return order.map { $0 + 1 }
    }
}
