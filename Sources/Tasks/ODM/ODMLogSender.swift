import Failures
import Foundation
import Logging
import Storage

/// Brings the log of a run into storage while it grows, so that it can be read from everywhere, and is there when this
/// host is not.
struct ODMLogSender: Sendable {
    let transcript: ODMTranscript
    let storage: any Storage
    let path: StoragePath
    let logger: Logger
    var interval = Duration.seconds(2)
    private static let largestPiece = 1 << 20

    /// Sends until its task is canceled.
    func run() async {
        var sent: Int64?
        while !Task.isCancelled {
            try? await Task.sleep(for: interval)  // A canceled sleep ends the loop.
            transcript.save()
            do {
                sent = try await send(from: sent)
            } catch is CancellationError {
                return
            } catch {
                // Storage may be back soon; what is missing is sent then.
                logger.debug("ODM's log could not be sent", metadata: ["error": "\(error)"])
            }
        }
    }

    /// Sends what is missing to the end. The log is worth keeping whatever became of the run, and not worth failing it.
    func finish() async {
        transcript.save()
        do {
            _ = try await send(from: nil)
        } catch {
            logger.warning("ODM's log could not be stored", metadata: ["error": "\(error)"])
        }
    }

    /// - Parameter sent: how much is there; nil asks storage.
    private func send(from sent: Int64?) async throws -> Int64 {
        var offset: Int64
        if let sent { offset = sent } else { offset = try await storage.stat(path)?.bytes ?? 0 }
        offset = min(offset, transcript.bytes)
        guard offset < transcript.bytes, let file = FileHandle(forReadingAtPath: transcript.path) else { return offset }
        try file.seek(toOffset: UInt64(offset))
        while let piece = try file.read(upToCount: Self.largestPiece), !piece.isEmpty {
            try await storage.write(piece, at: offset, of: path)
            offset += Int64(piece.count)
        }
        return offset
    }
}
