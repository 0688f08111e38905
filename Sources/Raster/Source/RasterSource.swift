import Failures
import Foundation

/// A raster from a stranger, opened, measured against the limits and understood from its header.
///
/// `settle()` then reads a bounded sample of pixels for what no header tells.
struct RasterSource: ~Copyable {
    let raster: RasterDataset
    let path: String
    /// Bytes.
    let fileSize: Int
    let bands: [RasterBand]
    let type: PixelType
    var plan: BandPlan
    /// One per colour band; bytes are taken as they are and have none.
    var stretches: [Stretch] = []
    /// The stretches as tables, where the type allows.
    var tones: ToneTables?

    init(opening path: String, limits: RasterLimits = RasterLimits()) throws {
        let raster = try RasterDataset(opening: path, options: ["NUM_THREADS=ALL_CPUS"])
        let name = raster.name
        let fileSize = Self.fileSize(path)
        try Self.check(raster, fileSize: fileSize, limits)
        let bands = raster.bands
        guard let type = bands[0].type, !type.isComplex else { throw Failure.rasterComplex(name) }
        self.raster = raster
        self.path = path
        self.fileSize = fileSize
        self.bands = bands
        self.type = type
        plan = BandPlan(bands: bands)
    }

    /// The same file for another thread, settled as this one is; it decodes on its own thread alone.
    func reopened() throws -> RasterSource {
        try RasterSource(raster: RasterDataset(opening: path), like: self)
    }

    private init(raster: consuming RasterDataset, like other: borrowing RasterSource) {
        self.raster = raster
        (path, fileSize, bands, type) = (other.path, other.fileSize, other.bands, other.type)
        (plan, stretches, tones) = (other.plan, other.stretches, other.tones)
    }

    /// The samples are whole numbers 0…255 as they are.
    var isByte: Bool { type == .uint8 && !isSignedByte }

    /// GDAL before 3.7 shows signed bytes as unsigned ones and says so here.
    var isSignedByte: Bool { raster.metadataItem("PIXELTYPE", band: 1, domain: "IMAGE_STRUCTURE") == "SIGNEDBYTE" }

    private static func fileSize(_ path: String) -> Int {
        // A file that went away between open and here fails at the next read, with a better sentence.
        ((try? FileManager.default.attributesOfItem(atPath: path)[.size]) as? Int) ?? 0
    }

    private static func check(_ raster: borrowing RasterDataset, fileSize: Int, _ limits: RasterLimits) throws {
        let (name, width, height, count) = (raster.name, raster.width, raster.height, raster.bandCount)
        guard count > 0 else { throw Failure.rasterWithoutBands(name) }
        guard count <= limits.bands else { throw Failure.rasterTooManyBands(name, count, limit: limits.bands) }
        let pixels = width * height
        guard pixels <= limits.pixels else { throw Failure.rasterTooLarge(name, width, height) }
        let band = raster.band(1)
        let sampleBytes = band.type?.byteCount ?? 1
        let decoded = pixels * count * sampleBytes
        guard decoded <= limits.ratioFrom || decoded / max(1, fileSize) <= limits.ratio else {
            throw Failure.rasterHollow(name, width, height, fileSize: fileSize)
        }
        guard band.blockWidth * band.blockHeight * count * sampleBytes <= limits.blockBytes else {
            throw Failure.rasterBlockTooLarge(name)
        }
        guard pixels / max(1, band.blockWidth * band.blockHeight) <= limits.blocks else {
            throw Failure.rasterTooManyBlocks(name)
        }
    }
}
