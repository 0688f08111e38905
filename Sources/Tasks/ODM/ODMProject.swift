import Containers
import DB
import Foundation
import Imagery

/// The files of one ODM run, on the host. `root` is what the container sees as `/project`.
struct ODMProject: Sendable {
    let root: String
    let path: String

    init(scratch: String, datasetID: Int64) {
        root = "\(scratch)/odm"
        path = "\(root)/\(datasetID)"
    }

    var orthophoto: String { "\(path)/odm_orthophoto/odm_orthophoto.tif" }
    /// What was found out about the photos, for whoever takes the run up again.
    var facts: String { "\(root)/photos.json" }

    /// What was started, and how.
    var launch: String { "\(root)/launch.json" }
    /// All that the container has printed.
    var log: String { "\(root)/odm.log" }

    /// That the run is over and how, for whoever has to finish what it was for.
    var end: String { "\(root)/end.json" }

    /// What ODM itself says of the run; nil where there is nothing that can be read.
    var runLog: ODMRunLog? { ODMRunLog(at: "\(path)/log.json") }

    func hasOrthophoto() -> Bool {
        // A file that cannot be looked at is not there.
        let attributes = try? FileManager.default.attributesOfItem(atPath: orthophoto)
        return (attributes?[.size] as? NSNumber)?.int64Value ?? 0 > 0
    }
}

/// An ODM run that is over. Lies beside the project until the stage has ended.
struct ODMEnd: Codable {
    let evidence: ODMEvidence
    let peakMemory: Int64?
    let endedAt: Date

    init(_ end: ODMWatch.End, _ transcript: ODMTranscript, _ project: ODMProject, limit: Duration) {
        evidence = ODMEvidence(
            kill: end.kill, limit: end.kill == .deadline ? limit : nil, exitCode: end.state?.exitCode,
            oomKilled: end.state?.oomKilled ?? false, peakMemory: transcript.peakMemory, tail: transcript.tail,
            log: project.runLog,
            orthophoto: project.hasOrthophoto() ? nil : .noOrthophoto())
        peakMemory = transcript.peakMemory
        endedAt = Date()
    }

    /// Nil where no run has ended.
    init?(savedAt path: String) {
        guard let data = FileManager.default.contents(atPath: path),
            let end = try? JSONDecoder().decode(Self.self, from: data)  // Cut short: then the container tells.
        else { return nil }
        self = end
    }

    func save(to path: String) throws {
        try JSONEncoder().encode(self).write(to: URL(fileURLWithPath: path), options: .atomic)
    }
}

/// How an ODM run was started. Lies beside the project, for whoever takes the run up.
struct ODMLaunch: Codable {
    let command: [String]
    /// By content.
    let image: String
    let hasGPU: Bool
    let host: String
    let startedAt: Date

    init(command: [String], image: String, hasGPU: Bool, host: String, startedAt: Date) {
        self.command = command
        self.image = image
        self.hasGPU = hasGPU
        self.host = host
        self.startedAt = startedAt
    }

    /// Nil where it cannot be read: the run goes on without.
    init?(savedAt path: String) {
        guard let data = FileManager.default.contents(atPath: path),
            let launch = try? JSONDecoder().decode(Self.self, from: data)  // see above
        else { return nil }
        self = launch
    }

    func save(to path: String) throws {
        try JSONEncoder().encode(self).write(to: URL(fileURLWithPath: path), options: .atomic)
    }
}

extension ScratchFolder {
    /// The dataset's orthophoto as ODM or the uploader made it.
    func originalOrtho(_ datasetID: Int64) -> String { file("\(datasetID)_original.tif") }
    /// The same, standardised: what all later stages read.
    func standardOrtho(_ datasetID: Int64) -> String { file("\(datasetID)_ortho.tif") }
    func cog(_ datasetID: Int64) -> String { file("\(datasetID)_cog.tif") }
    func thumbnail(_ datasetID: Int64) -> String { file("\(datasetID)_thumbnail.jpg") }
}

extension UnpackPhotos.Output {
    init(savedAt path: String) throws {
        self = try JSONDecoder().decode(Self.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
    }

    func save(to path: String) throws {
        try JSONEncoder().encode(self).write(to: URL(fileURLWithPath: path), options: .atomic)
    }

    var record: RawImagesRecord {
        RawImagesRecord(
            imageCount: photos + leftOut, bytes: bytes, hasRTK: rtk != nil, rtkPrecision: rtk?.precision,
            rtkQuality: rtk?.quality, rtkFileCount: rtk?.fileCount ?? 0, cameraMetadata: cameraMetadata,
            acquired: acquired.map { .init(year: $0.year, month: $0.month, day: $0.day) })
    }

    /// JSON for the history. Later runs are estimated from it.
    func detail(launch: ODMLaunch?, _ end: ODMEnd) throws -> String {
        struct Detail: Encodable {
            let photos: Int, leftOut: Int, megapixels: Double, warnings: [String], command: [String]?, image: String?
            let host: String?, hasGPU: Bool?, odmSeconds: Double?
        }
        let detail = Detail(
            photos: photos, leftOut: leftOut, megapixels: megapixels, warnings: warnings, command: launch?.command,
            image: launch?.image, host: launch?.host, hasGPU: launch?.hasGPU,
            odmSeconds: launch.map { end.endedAt.timeIntervalSince($0.startedAt) })
        return String(decoding: try JSONEncoder().encode(detail), as: UTF8.self)
    }
}
