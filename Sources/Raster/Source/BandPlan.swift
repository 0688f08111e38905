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
    /// The 8-bit band of opacity holds 0 and 1 where others hold 0 and 255.
    var alphaIsOnOff = false
    /// A mask inside the file or in a `.msk` file beside it counts.
    var usesMask = false
    /// One value per colour band: a pixel is invalid when all its colour bands equal theirs.
    var nodata: [Double]?

    /// Decides from the bands' own words; what only pixels can tell comes later (`RasterSource.settle`).
    /// - Parameter isSigned: bytes count from -128 to 127.
    /// - Precondition: `bands` is not empty.
    init(bands: [RasterBand], isSigned: Bool = false) {
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
            nodata = Self.nodata(colorBands.map { bands[$0 - 1] }, isSigned)
        }
    }

    /// - Returns: nil unless every band names a value, and one that its samples can have: -9999 or NaN says nothing
    ///   about whole numbers from 0 on.
    private static func nodata(_ bands: [RasterBand], _ isSigned: Bool) -> [Double]? {
        let values = bands.compactMap { band in
            band.nodata.flatMap { value in
                guard let range = isSigned ? -128...127 : band.type?.range else {
                    // Headers repeat the value with more digits than the samples have.
                    return band.type == .float32 ? Double(Float(value)) : value
                }
                return range.contains(value) && value == value.rounded() ? value : nil
            }
        }
        return values.count == bands.count ? values : nil
    }

    /// Red, green and blue by their names, else the first bands in file order.
    private static func choose(_ bands: [RasterBand], from data: [Int], _ isPalette: Bool) -> [Int] {
        let named = [ColorInterpretation.red, .green, .blue].compactMap { color in
            data.first { bands[$0].color == color }
        }
        let described = ["red", "green", "blue"].compactMap { name in
            data.first { bands[$0].description.lowercased() == name }
        }
        let order =
            switch (named.count, described.count, isPalette ? 1 : data.count) {
            case (3, _, _): named
            case (_, 3, _): described
            case (_, _, 1): [data[0], data[0], data[0]]
            case (_, _, 2): [data[0], data[1], data[0]]
            default: Array(data.prefix(3))
            }
        return order.map { $0 + 1 }
    }
}

extension BandPlan {
    /// Takes the last band for opacity, which until now was one like the others.
    mutating func takeAlpha(_ band: Int) {
        alpha = band
        guard let index = colorBands.firstIndex(of: band) else { return }
        // Of two bands the other one is the picture.
        colorBands.remove(at: index)
        channels = [0, 0, 0]
    }
}
