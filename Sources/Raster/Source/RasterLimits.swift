/// What a raster may ask of us before it is refused. The defaults leave room for any drone survey.
public struct RasterLimits: Sendable {
    /// Columns times rows. 20 Gpx at 5 cm is 50 km².
    public var pixels = 20_000_000_000
    /// Bands; the count is checked before anything is allocated for them.
    public var bands = 64
    /// Bytes of one decoded block, all bands: what GDAL must hold at once to decode anything.
    public var blockBytes = 512 << 20
    /// Blocks of one band. Each costs some 20 µs, whatever it holds; 20 Gpx in tiles of 128 pixels are 1.2 million.
    public var blocks = 1_500_000
    /// Decoded bytes for each byte in the file, for files that claim more than `ratioFrom` bytes.
    public var ratio = 400
    public var ratioFrom = 2 << 30

    public init() {}
}
