internal import Failures
internal import Raster

/// A decoded photo: eight bits of red, green, blue and one unused byte a pixel.
struct PhotoPixels: Sendable {
    let width: Int
    let height: Int
    let bytes: [UInt8]

    static let formats = ["JPEG", "GTiff", "PNG"]

    /// Decodes the photo at `path`, reduced to about `targetWidth` columns; never enlarged.
    ///
    /// JPEGs are reduced while they are decoded, which makes small versions cheap.
    init(path: String, targetWidth: Int) throws {
        let file = try RasterDataset(opening: path, drivers: Self.formats)
        guard file.band(1).type == .uint8 else { throw Failure.photoNotEightBit }
        let width = min(file.width, max(1, targetWidth))
        let height = max(1, Int((Double(file.height) * Double(width) / Double(file.width)).rounded()))
        // The blue band twice makes four bytes a pixel, so that one load fetches a pixel.
        let bands = file.bandCount >= 3 ? [1, 2, 3, 3] : [1, 1, 1, 1]
        let window = file.window
        bytes = try file.read(window, outWidth: width, outHeight: height, bands: bands, resampling: .average)
        self.width = width
        self.height = height
    }

    init(width: Int, height: Int, bytes: [UInt8]) {
        self.width = width
        self.height = height
        self.bytes = bytes
    }

    var byteCount: Int { bytes.count }
}
