internal import Failures
internal import Foundation
internal import Raster

/// Makes a JPEG file of pixels and tags.
struct PhotoFileWriter {
    /// Where the encoder may leave a file for a moment.
    let scratch: URL

    /// The whole file. `pixels` are red, green, blue.
    func encode(_ pixels: [UInt8], _ tags: PhotoTags) throws -> [UInt8] {
        let file = scratch.appendingPathComponent("encoded.jpg")
        defer { unlink(file.path) }
        let picture = try RasterDataset(
            creating: "photo", driver: "MEM", width: tags.width, height: tags.height, bands: 3)
        try picture.write(pixels, to: picture.window)
        try picture.createCopy(file.path, driver: "JPEG", options: ["QUALITY=90", "WRITE_EXIF_METADATA=NO"])
        let jpeg = [UInt8](try Data(contentsOf: file))
        // Behind the two bytes that start every JPEG: EXIF wants to be the first segment.
        return jpeg[..<2] + Self.segment(tags.exif) + Self.segment(tags.xmp) + jpeg[2...]
    }

    /// An APP1 segment, whose length counts itself.
    private static func segment(_ content: [UInt8]) -> [UInt8] {
        let length = content.count + 2
        return [0xFF, 0xE1, UInt8(length >> 8), UInt8(length & 0xFF)] + content
    }
}
