import Failures
import Foundation
import NativeChild
import TestSupport
import Testing

@testable import Tasks

/// Rasters made to harm, through the process that workers start for them.
@Suite(.timeLimit(.minutes(2)))
struct HostileRasterChildTests {
    private let runner = NativeRunner(executable: BuiltProducts.path("deadtrees"))

    struct Hostile: Sendable, CustomTestStringConvertible {
        var name: String
        var tiff: HostileTIFF
        var code: String
        var testDescription: String { name }
    }

    static let files = [
        Hostile(
            name: "200,000 by 200,000 pixels",
            tiff: HostileTIFF(width: 200_000, height: 200_000, tileWidth: 1024, tileHeight: 1024),
            code: "raster_too_large"),
        Hostile(
            name: "60,000 by 60,000 pixels in nothing",
            tiff: HostileTIFF(width: 60_000, height: 60_000, tileWidth: 1024, tileHeight: 1024), code: "raster_hollow"),
        Hostile(
            name: "no tile at all", tiff: HostileTIFF(width: 20_000, height: 20_000), code: "raster_empty"),
        Hostile(name: "65,535 bands", tiff: HostileTIFF(bands: 65_535), code: "raster_too_many_bands"),
        Hostile(
            name: "a tile of 160 GB",
            tiff: HostileTIFF(bands: 20, bits: 64, tileWidth: 0x8000, tileHeight: 0x8000),
            code: "raster_block_too_large"),
        Hostile(
            name: "1.6 million tiles",
            tiff: HostileTIFF(width: 20_000, height: 20_000, bands: 1, tileWidth: 16, tileHeight: 16),
            code: "raster_too_many_blocks"),
        Hostile(
            name: "tiles beyond the end of the file", tiff: HostileTIFF(offset: 1 << 40, tileBytes: 1000),
            code: "raster_damaged"),
        Hostile(
            name: "tiles beyond all numbers", tiff: HostileTIFF(offset: 0x7fff_ffff_ffff_ffff, tileBytes: .max),
            code: "raster_damaged"),
        Hostile(
            name: "tiles in the header", tiff: HostileTIFF(offset: 4, tileBytes: 5000), code: "raster_damaged"),
    ]

    @Test(arguments: files) func endsWithASentenceAndInBounds(_ hostile: Hostile) async throws {
        try await withFolder { folder in
            let input = folder.appending(path: "5_ortho.tif")
            try hostile.tiff.write(input)
            let work = StandardiseOrtho(input: input.path, output: folder.appending(path: "out.tif").path)
            let limits = NativeLimits(memory: 4 << 30, cpuSeconds: 30, fileSize: 1 << 30)
            let failure = try await #require(throws: Failure.self) { try await runner.run(work, limits: limits) }
            #expect(failure.code == hostile.code, "\(failure)")
            #expect(failure.retry == .never)
            #expect(failure.sentence.contains("5_ortho.tif") && !failure.sentence.contains(folder.path))
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["5_ortho.tif"])
        }
    }

    /// The same in a thumbnail and a COG, whose first look is another.
    @Test func otherStagesRefuseThemToo() async throws {
        try await withFolder { folder in
            let input = folder.appending(path: "5_ortho.tif"), output = folder.appending(path: "out").path
            try HostileTIFF(bands: 65_535).write(input)
            let cog = try await #require(throws: Failure.self) {
                try await runner.run(MakeCOG(input: input.path, output: output))
            }
            let thumbnail = try await #require(throws: Failure.self) {
                try await runner.run(MakeThumbnail(input: input.path, output: output, preview: output + ".jpg"))
            }
            #expect(cog.code == "raster_too_many_bands" && thumbnail.code == "raster_too_many_bands")
        }
    }

    @Test func whatNeedsMoreMemoryThanThereIsSaysSo() async throws {
        try await withFolder { folder in
            let input = folder.appending(path: "5_ortho.tif")
            // One tile of 507 MiB: within what is accepted, not within the memory of this child.
            var tiff = HostileTIFF(width: 13_000, height: 13_000, tileWidth: 13_312, tileHeight: 13_312)
            (tiff.offset, tiff.tileBytes) = (16, 300)
            try tiff.write(input)
            let work = StandardiseOrtho(input: input.path, output: folder.appending(path: "out.tif").path)
            let limits = NativeLimits(memory: 800 << 20, cpuSeconds: 30)
            let failure = try await #require(throws: Failure.self) { try await runner.run(work, limits: limits) }
            #expect(["raster_memory", "native_memory_limit"].contains(failure.code), "\(failure)")
            #expect(failure.sentence.contains("memory"))
        }
    }

    private func withFolder(_ body: (URL) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "hostile-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }  // the system clears its temporary folder too
        try await body(folder)
    }
}
