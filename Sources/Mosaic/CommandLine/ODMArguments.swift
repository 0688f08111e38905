public import Failures
import ODMFlags

/// ODM's command line as `orthopreview` understands it.
///
/// Takes what Python's argparse takes: `--name value`, `--name=value`, unambiguous beginnings of long names.
/// Source: https://docs.opendronemap.org/arguments/
public struct ODMArguments: Sendable {
    public enum Request: Sendable { case run, help, version }

    /// What the caller wants: a run, or one of the texts.
    public private(set) var request = Request.run
    /// Folder of projects; ODM's image has `/` as its default.
    public private(set) var projectPath = "/"
    /// Folder of this project inside `projectPath`.
    public private(set) var name = "code"
    /// Centimetres per pixel, default 5.
    public private(set) var orthophotoResolution = 5.0
    /// Lets the resolution be finer than what the photos show.
    public private(set) var ignoresGSD = false
    public private(set) var maxConcurrency: Int?
    public private(set) var compression = "DEFLATE"
    public private(set) var isTiled = true
    public private(set) var skipsOrthophoto = false
    /// How far a photo may lie from where its GPS says, metres, default 3.
    public private(set) var gpsAccuracy = 3.0
    /// Everything that was given, for log.json: names without dashes, underscores inside.
    public private(set) var given: [String: String] = [:]
    /// Options of older releases that were given and dropped.
    public private(set) var droppedOptions: [String] = []

    /// Parses `arguments`, without the program's name.
    ///
    /// Throws with argparse's wording when an option is unknown, ambiguous, lacks its value or has a wrong one.
    public init(_ arguments: [String]) throws(Failure) {
        var reader = ArgumentReader(arguments)
        var positional: [String] = []
        var unknown: [String] = []
        while let token = reader.next() {
            switch token {
            case .positional(let text): positional.append(text)
            case .request(let request): self.request = request
            case .unknown(let text) where ODMFlag.dropped.contains(text): droppedOptions.append(text)
            case .unknown(let text): unknown.append(text)
            case .option(let option, let value): try accept(option, value)
            case .failed(let failure): throw failure
            }
            if request != .run { return }
        }
        unknown += positional.dropFirst()
        guard unknown.isEmpty else {
            throw .commandLine("unrecognized arguments: \(unknown.joined(separator: " "))")
        }
        if let first = positional.first { name = first }
        try checkRanges()
    }

    private mutating func accept(_ option: ODMFlag, _ value: String) throws(Failure) {
        let key = option.name.dropFirst(2).map { $0 == "-" ? "_" : $0 }
        given[String(key)] = value
        switch option.name {
        case "--project-path": projectPath = value
        case "--orthophoto-resolution": orthophotoResolution = Double(value) ?? orthophotoResolution
        case "--ignore-gsd": ignoresGSD = true
        case "--max-concurrency": maxConcurrency = Int(value)
        case "--orthophoto-compression": compression = value
        case "--orthophoto-no-tiled": isTiled = false
        case "--skip-orthophoto": skipsOrthophoto = true
        case "--gps-accuracy": gpsAccuracy = Double(value) ?? gpsAccuracy
        default: break
        }
    }

    /// argparse has no ranges and ODM fails late; a preview can say it at once.
    private func checkRanges() throws(Failure) {
        guard orthophotoResolution > 0, orthophotoResolution.isFinite else {
            throw .commandLine("argument --orthophoto-resolution: must be above 0")
        }
        guard maxConcurrency.map({ $0 > 0 }) ?? true else {
            throw .commandLine("argument --max-concurrency: must be above 0")
        }
        guard gpsAccuracy > 0, gpsAccuracy.isFinite else {
            throw .commandLine("argument --gps-accuracy: must be above 0")
        }
    }
}
