import CGDAL
import Failures

extension RasterDataset {
    /// Reads a window, pixel-interleaved (all bands of the first pixel, then of the second …).
    /// - Parameters:
    ///   - outWidth: columns to deliver; fewer than the window's reads from overviews where the file has them.
    ///   - bands: band numbers from 1, in the order wanted; all by default.
    /// - Throws: `raster_damaged` when blocks cannot be decoded.
    public func read<Sample: PixelSample>(
        _ window: PixelWindow, as _: Sample.Type = UInt8.self, outWidth: Int? = nil, outHeight: Int? = nil,
        bands: [Int]? = nil, resampling: Resampling = .nearest
    ) throws -> [Sample] {
        let (columns, rows) = (outWidth ?? window.width, outHeight ?? window.height)
        let bands = bands ?? Array(1...max(1, bandCount))
        var samples = [Sample](repeating: .zero, count: columns * rows * bands.count)
        try samples.withUnsafeMutableBytes { buffer in
            try transfer(
                GF_Read, window, buffer.baseAddress, columns, rows, Sample.pixelType, bands, resampling,
                damaged)
        }
        return samples
    }

    /// Reads a window into memory of the caller's, which has room for it: the bands of a pixel lie side by side, and the
    /// next pixel `spacing` bytes after the one before.
    func read(
        _ window: PixelWindow, to memory: UnsafeMutableRawPointer?, outWidth: Int? = nil, outHeight: Int? = nil,
        as type: PixelType = .uint8, bands: [Int], spacing: Int
    ) throws {
        try transfer(
            GF_Read, window, memory, outWidth ?? window.width, outHeight ?? window.height, type, bands, .nearest,
            spacing: spacing, damaged)
    }

    /// Writes a window of pixel-interleaved samples.
    public func write<Sample: PixelSample>(_ samples: [Sample], to window: PixelWindow, bands: [Int]? = nil) throws {
        let bands = bands ?? Array(1...max(1, bandCount))
        precondition(samples.count == window.width * window.height * bands.count, "samples must fill the window")
        try samples.withUnsafeBytes { buffer in
            // GDAL takes one pointer for both directions and does not write through it here.
            try transfer(
                GF_Write, window, UnsafeMutableRawPointer(mutating: buffer.baseAddress), window.width, window.height,
                Sample.pixelType, bands, .nearest, unwritten)
        }
    }

    /// Reads a band's validity: 0 is invalid, 255 valid, between them what a soft alpha says.
    public func readMask(
        band: Int, _ window: PixelWindow, outWidth: Int? = nil, outHeight: Int? = nil
    ) throws -> [UInt8] {
        let (columns, rows) = (outWidth ?? window.width, outHeight ?? window.height)
        var samples = [UInt8](repeating: 0, count: columns * rows)
        try readMask(band: band, window, to: &samples, outWidth: columns, outHeight: rows, spacing: 1)
        return samples
    }

    /// The same into memory of the caller's, `spacing` bytes from one pixel to the next.
    func readMask(
        band: Int, _ window: PixelWindow, to memory: UnsafeMutableRawPointer?, outWidth: Int, outHeight: Int,
        spacing: Int
    ) throws {
        let mask = GDALGetMaskBand(GDALGetRasterBand(handle, Int32(band)))
        try gdalCheck(damaged) {
            GDALRasterIO(
                mask, GF_Read, Int32(window.x), Int32(window.y), Int32(window.width), Int32(window.height), memory,
                Int32(outWidth), Int32(outHeight), GDT_Byte, Int32(spacing), Int32(spacing * outWidth))
        }
    }

    private func transfer(
        _ direction: GDALRWFlag, _ window: PixelWindow, _ buffer: UnsafeMutableRawPointer?, _ columns: Int,
        _ rows: Int, _ type: PixelType, _ bands: [Int], _ resampling: Resampling, spacing: Int? = nil,
        _ failure: (String) -> Failure
    ) throws {
        var extra = GDALRasterIOExtraArg()
        extra.nVersion = 1
        extra.eResampleAlg = resampling.code
        var map = bands.map(Int32.init)
        let size = type.byteCount, pixel = spacing ?? size * bands.count
        try gdalCheck(failure) {
            GDALDatasetRasterIOEx(
                handle, direction, Int32(window.x), Int32(window.y), Int32(window.width), Int32(window.height), buffer,
                Int32(columns), Int32(rows), type.code, Int32(map.count), &map, GSpacing(pixel),
                GSpacing(pixel * columns), GSpacing(size), &extra)
        }
    }
}
