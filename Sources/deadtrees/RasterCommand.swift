import ArgumentParser
import Foundation
import Raster

/// `deadtrees raster`: one raster step on files, without a database.
struct RasterCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "raster", abstract: "Runs one raster step on files; needs no database.",
        subcommands: [Standardise.self, COG.self, Thumbnail.self, Info.self])

    struct Standardise: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes an orthophoto 8-bit RGB or RGBA, tiled, lossless and north-up.")
        @OptionGroup var files: RasterFiles

        func run() throws {
            let output = files.output(suffix: "_standard.tif")
            try files.report {
                let report = try Orthophoto.standardise(files.input, to: output, progress: ProgressLine().show)
                return (report, report.summary)
            }
        }
    }

    struct COG: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "cog", abstract: "Makes the cloud-optimised GeoTIFF that the map reads (Web Mercator, JPEG).")
        @OptionGroup var files: RasterFiles

        func run() throws {
            let output = files.output(suffix: "_cog.tif")
            try files.report {
                let report = try Orthophoto.makeCOG(files.input, to: output, progress: ProgressLine().show)
                return (report, report.summary)
            }
        }
    }

    struct Thumbnail: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Makes the 256 x 256 preview as JPEG.")
        @OptionGroup var files: RasterFiles
        @Option(help: "Write a preview of at most 1024 pixels a side, too.") var preview: String?

        func run() throws {
            let output = files.output(suffix: "_thumbnail.jpg")
            try files.report {
                try Orthophoto.makeThumbnail(files.input, to: output, preview: preview)
                return (["thumbnail": output], "wrote \(output)")
            }
        }
    }

    struct Info: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Prints what a GeoTIFF is, as JSON, with the verdict on its cloud-optimised layout.")
        @Argument(help: "The GeoTIFF.") var input: String
        @Flag(help: "Accepted for symmetry; the output is always JSON.") var json = false

        func run() throws { try Output.json(RasterInfo(of: input), isNamed: true) }
    }
}

/// What the steps that write a file have in common.
struct RasterFiles: ParsableArguments {
    @Argument(help: "The raster to read.") var input: String
    @Argument(help: "The file to write; beside the input by default.") var output: String?
    @Flag(help: "Print the report as JSON.") var json = false

    func output(suffix: String) -> String {
        output ?? URL(fileURLWithPath: input).deletingPathExtension().path + suffix
    }

    func report<Report: Encodable>(_ step: () throws -> (Report, summary: String)) throws {
        let (report, summary) = try step()
        if json { try Output.json(report) } else { print(summary) }
    }
}

/// Progress on standard error, where that is a terminal.
private struct ProgressLine {
    private let isTerminal = isatty(2) != 0

    func show(_ fraction: Double) {
        guard isTerminal else { return }
        let end = fraction >= 1 ? "\r    \r" : ""
        FileHandle.standardError.write(Data("\r\(Int(fraction * 100)) %\(end)".utf8))
    }
}

extension StandardiseReport {
    fileprivate var summary: String {
        let colors = colorBands.map(String.init).joined(separator: ", ")
        return """
            \(alreadyStandard ? "already standard, copied" : "standardised (\(deviations.joined(separator: ", ")))")
            size      \(width) x \(height) pixels, \(bands) bands
            system    \(epsg.map { "EPSG:\($0) " } ?? "")\(crs), placement: \(placement.rawValue)
            source    \(sourceBands) bands of \(sourceType.rawValue), colours from bands \(colors)
            validity  \(validity.rawValue)\(validShare.map { ", \(Int(($0 * 100).rounded())) % valid" } ?? "")
            """
    }
}

extension COGReport {
    fileprivate var summary: String {
        let first = standardised.map { $0.summary + "\n" } ?? ""
        return first + "cloud-optimised: \(width) x \(height) pixels, \(overviews.count) overviews, layout valid"
    }
}
