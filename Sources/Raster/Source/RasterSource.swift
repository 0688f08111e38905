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
    /// Bits that a sample uses where the file says so: 1, 2 and 4 in bytes, 12 in 16 bits …
    let usedBits: Int?
    /// GDAL before 3.7 shows signed bytes as unsigned ones and says so in a note.
    let isSignedByte: Bool
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
        let type = try Self.sampleType(bands[0], name)
        isSignedByte = raster.metadataItem("PIXELTYPE", band: 1, domain: Self.structure) == "SIGNEDBYTE"
        let usedBits = raster.metadataItem("NBITS", band: 1, domain: Self.structure).flatMap { Int($0) }
        self.usedBits = type.isFloat ? nil : usedBits.flatMap { (1...32).contains($0) ? $0 : nil }
        self.raster = raster
        self.path = path
        self.fileSize = fileSize
        self.bands = bands
        self.type = type
        plan = BandPlan(bands: bands, isSigned: isSignedByte)
    }

    /// The same file for another thread, settled as this one is; it decodes on its own thread alone.
    func reopened() throws -> RasterSource {
        try RasterSource(raster: RasterDataset(opening: path), like: self)
    }

    private init(raster: consuming RasterDataset, like other: borrowing RasterSource) {
        self.raster = raster
        (path, fileSize, bands, type) = (other.path, other.fileSize, other.bands, other.type)
        (usedBits, isSignedByte) = (other.usedBits, other.isSignedByte)
        (plan, stretches, tones) = (other.plan, other.stretches, other.tones)
    }

    private static let structure = "IMAGE_STRUCTURE"

    /// The samples are whole numbers 0…255 as they are, or indices into a palette.
    var isByte: Bool { type == .uint8 && !isSignedByte && (usedBits ?? 8 == 8 || plan.palette != nil) }

    /// The largest value that samples can have; nil for fractions.
    var largestValue: Double? {
        if let usedBits, usedBits < 64 { return Double(1 << usedBits) - 1 }
        return isSignedByte ? 127 : type.range?.upperBound
    }

    private static func sampleType(_ band: RasterBand, _ name: String) throws -> PixelType {
        guard let type = band.type else { throw Failure.rasterTypeUnknown(name) }
        guard !type.isComplex else { throw Failure.rasterComplex(name) }
        guard band.palette == nil || type == .uint8 || band.isWhiteZero else {
            throw Failure.rasterPaletteTooWide(name)
        }
        return type
    }

    private static func fileSize(_ path: String) -> Int {
        ((try? FileManager.default.attributesOfItem(atPath: path)[.size]) as? Int) ?? 0  // gone: the next read says so
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
        // As fractions, since a header may claim blocks whose size no whole number holds.
        let block = Double(band.blockWidth) * Double(band.blockHeight) * Double(count * sampleBytes)
        guard block <= Double(limits.blockBytes) else {
            throw Failure.rasterBlockTooLarge(name)
        }
        guard pixels / max(1, band.blockWidth * band.blockHeight) <= limits.blocks else {
            throw Failure.rasterTooManyBlocks(name)
        }
        GDALLibrary.makeRoom(forBlock: Int(block))
    }
}
