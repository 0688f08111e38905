import ArgumentParser
import Execution
import Failures
import Foundation
import Settings
import Web

struct UploadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "upload",
        abstract: "Send a file to a server as a new dataset, and go on where an interrupted upload ended.",
        discussion: """
            The file travels in chunks, several at a time, which are tried again when the network or the server fails. \
            Interrupted, by Ctrl-C or by a crash, the same command sends what is still missing: file, server and chunk \
            size make the upload's id.

            The token that the server wants is read from DEADTREES_TOKEN or from --token-file.
            """)

    @Argument(help: "A GeoTIFF, or a ZIP archive of drone photos.", completion: .file())
    var file: String
    @OptionGroup(title: "About the dataset")
    var about: UploadDescription
    @Option(help: "The server's address (default: DEADTREES_SERVER, else http://127.0.0.1:8000).")
    var server: UploadAddress?
    @Option(help: "A file that holds the token and nothing else.", completion: .file())
    var tokenFile: String?
    @Option(help: "Bytes that one request carries, 1KiB to 1GiB (default: 50MiB).", transform: Self.size)
    var chunkSize: ByteCount = .mebibytes(50)
    @Option(help: "Chunks on their way at a time, 1 to 16.")
    var parallel = 4
    @Option(help: "The upload's id, to go on with one of another place or name (default: made from the file).")
    var uploadId: String?
    @Option(help: ArgumentHelp("Queue the dataset with these task types at the end.", valueName: "type,…"))
    var process: String?
    @Option(help: "Priority in the queue, 1 to 5; higher goes first (default: 2).")
    var priority: Int?
    @Flag(help: "Print the dataset as the server answers it, and its place in the queue.")
    var json = false
    @Flag(help: "Say nothing of how far it is.")
    var noProgress = false

    private static func size(_ text: String) throws -> ByteCount {
        guard let size = ByteCount(written: text) else {
            throw ValidationError("write --chunk-size as 512KiB or 50MiB")
        }
        return size
    }

    func validate() throws {
        guard (1...16).contains(parallel) else { throw ValidationError("--parallel must be from 1 to 16") }
        guard (ByteCount(bytes: 1024)...(.gibibytes(1))).contains(chunkSize) else {
            throw ValidationError("--chunk-size must be from 1KiB to 1GiB")
        }
        guard uploadId.map({ $0.wholeMatch(of: /[A-Za-z0-9][A-Za-z0-9._-]{0,127}/) != nil }) ?? true else {
            throw ValidationError(
                "--upload-id must be 1 to 128 letters, digits, dots, - and _, of which the first is a letter or a digit"
            )
        }
        guard process.map({ !QueueCommand.names([$0]).isEmpty }) ?? true else {
            throw ValidationError("name at least one task type after --process, such as geotiff")
        }
        guard priority == nil || process != nil else { throw ValidationError("--priority goes with --process") }
        guard (1...5).contains(priority ?? 2) else { throw ValidationError("--priority must be from 1 to 5") }
    }

    func run() async throws {
        let address = try server ?? .fromEnvironment()
        let token = try UploadToken.read(file: tokenFile)
        let source = try UploadSource(file, chunkBytes: chunkSize.bytes)
        let progress = UploadProgress(source, isShown: !noProgress)
        if address.showsToken { progress.note("the connection to \(address) is not encrypted, and shows the token") }
        let server = UploadServer(address: address, token: token)
        let upload = Upload(
            server: server, source: source, id: uploadId ?? source.uploadID(for: address),
            fields: about.fields, parallel: parallel, progress: progress)
        let order = process.map { ProcessingOrder(taskTypes: QueueCommand.names([$0]), priority: priority ?? 2) }
        let report = try await StopSignals.canceling(
            { try await UploadReport.making(upload, order) }, atOnce: { Foundation.exit(128 + $0) })
        try report.show(asJSON: json)
    }
}

/// Where the token comes from: never from the arguments, which every user of the host may see.
private enum UploadToken {
    static func read(file: String?) throws -> Secret {
        let text: String
        if let file {
            do { text = try String(contentsOfFile: file, encoding: .utf8) } catch {
                throw Failure.tokenUnreadable()
            }
        } else {
            text = ProcessInfo.processInfo.environment["DEADTREES_TOKEN"] ?? ""
        }
        let token = text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard !token.isEmpty else { throw Failure.tokenMissing(isFile: file != nil) }
        return Secret(token)
    }
}
