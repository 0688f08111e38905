import Failures
import Foundation
import Raster
import Testing

@testable import Tasks

@Suite struct CheckOrthophotoTests {
    private let folder: String
    private var path: String { "\(folder)/odm_orthophoto.tif" }

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "check-ortho-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    /// A tiled picture as ODM writes them. `opacity` is the fourth band where `bands` is 4.
    private func make(
        _ name: String = "odm_orthophoto.tif", size: Int = 512, bands: Int = 4, color: UInt8 = 90,
        opacity: UInt8 = 255,
        filled: PixelWindow? = nil, epsg: Int? = 32632, isPlaced: Bool = true, options: [String] = []
    ) throws {
        let raster = try RasterDataset(
            creating: "\(folder)/\(name)", width: size, height: size, bands: bands,
            options: ["TILED=YES", "BLOCKXSIZE=256", "BLOCKYSIZE=256"] + options)
        if isPlaced { try raster.setGeoTransform(.mapped) }
        if let epsg { try raster.setProjection(epsg: epsg) }
        if bands == 4 { try raster.setColorInterpretation(.alpha, band: 4) }
        let window = filled ?? PixelWindow(x: 0, y: 0, width: size, height: size)
        var pixel = [UInt8](repeating: color, count: bands)
        if bands == 4 { pixel[3] = opacity }
        let count = window.width * window.height * bands
        try raster.write((0..<count).map { pixel[$0 % bands] }, to: window)
        try raster.close()
    }

    private func check() throws -> OrthophotoCheck { try CheckOrthophoto(path: path).run { _ in } }

    private func code() -> String? {
        let failure = #expect(throws: Failure.self) { try check() }
        return failure?.code
    }

    private func cleanUp() { try? FileManager.default.removeItem(atPath: folder) }  // the system clears it otherwise

    @Test func aWholeOrthophotoPasses() throws {
        defer { cleanUp() }
        try make(options: ["COMPRESS=DEFLATE"])
        let found = try check()
        #expect(found.width == 512 && found.height == 512 && found.bands == 4)
        #expect(found.bytes > 0)
        try make(bands: 3)
        #expect(try check().bands == 3)
    }

    /// One tile of 256, and it is none of those that are looked at first.
    @Test func onePixelIsEnough() throws {
        defer { cleanUp() }
        try make(size: 4096, filled: PixelWindow(x: 4095, y: 4095, width: 1, height: 1), options: ["SPARSE_OK=TRUE"])
        #expect(try check().width == 4096)
    }

    @Test func noFileIsNoOrthophoto() throws {
        defer { cleanUp() }
        #expect(code() == "odm_no_orthophoto")
        try make("odm_orthophoto.original.tif")
        let failure = #expect(throws: Failure.self) { try check() }
        #expect(failure?.code == "odm_no_orthophoto")
        #expect(failure?.detail?.contains("odm_orthophoto.original.tif") == true)
        #expect(FileManager.default.createFile(atPath: path, contents: nil))
        #expect(code() == "odm_no_orthophoto")
    }

    @Test func whatIsNoPlainFileIsNotOpened() throws {
        defer { cleanUp() }
        #expect(mkfifo(path, 0o600) == 0)
        #expect(code() == "odm_no_orthophoto")
        try FileManager.default.removeItem(atPath: path)
        try make("elsewhere.tif")
        #expect(symlink("\(folder)/elsewhere.tif", path) == 0)
        #expect(code() == "odm_no_orthophoto")
    }

    @Test func whatIsNoTIFFIsBroken() throws {
        defer { cleanUp() }
        try Data("II*\u{0}and then nothing".utf8).write(to: URL(fileURLWithPath: path))
        #expect(code() == "odm_broken_orthophoto")
    }

    /// Cut off anywhere: with the directory at the front, only the blocks tell.
    @Test(arguments: ["COMPRESS=DEFLATE", "COMPRESS=NONE", "INTERLEAVE=BAND"], [0.02, 0.5, 0.9, 0.999])
    func aFileThatWasCutOffIsBroken(_ option: String, _ share: Double) throws {
        defer { cleanUp() }
        try make(options: [option])
        let file = try #require(FileHandle(forUpdatingAtPath: path))
        let size = try file.seekToEnd()
        try file.truncate(atOffset: UInt64(Double(size) * share))
        try file.close()
        #expect(code() == "odm_broken_orthophoto")
    }

    @Test func withoutACoordinateSystemThereIsNoMap() throws {
        defer { cleanUp() }
        try make(epsg: nil)
        #expect(code() == "odm_no_crs")
        try make(isPlaced: false)
        #expect(code() == "odm_no_crs")
        try make(epsg: nil, isPlaced: false)
        #expect(code() == "odm_no_crs")
    }

    @Test func nothingButTransparencyIsEmpty() throws {
        defer { cleanUp() }
        try make(opacity: 0)
        #expect(code() == "odm_empty_orthophoto")
        try make(bands: 3, color: 0)
        #expect(code() == "odm_empty_orthophoto")
    }

    @Test func nothingButNodataIsEmpty() throws {
        defer { cleanUp() }
        let raster = try RasterDataset(creating: path, width: 300, height: 300, bands: 1, type: .float32)
        try raster.setGeoTransform(.mapped)
        try raster.setProjection(epsg: 32632)
        try raster.setNodata(-9999, band: 1)
        try raster.write([Float](repeating: -9999, count: 90_000), to: raster.window)
        try raster.close()
        #expect(code() == "odm_empty_orthophoto")
    }

    /// Nothing is valid, so that all of it has to be looked at: still no matter of minutes.
    @Test func aLargeEmptyFileIsJudgedInSeconds() throws {
        defer { cleanUp() }
        try make(
            size: 20_000, filled: PixelWindow(x: 0, y: 0, width: 1, height: 1), options: ["SPARSE_OK=TRUE"])
        let clock = ContinuousClock()
        let time = try clock.measure { _ = try check() }
        #expect(time < .seconds(60))
    }
}

extension GeoTransform {
    fileprivate static let mapped = GeoTransform(
        originX: 500_000, originY: 5_300_000, pixelWidth: 0.05, pixelHeight: 0.05)
}
