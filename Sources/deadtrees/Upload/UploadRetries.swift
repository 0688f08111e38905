import Execution
import Failures
import Foundation

/// Tries again what the network or a busy server spoiled.
struct UploadRetries: Sendable {
    /// In a row, without a chunk of the upload arriving meanwhile.
    private static let tries = 8

    let progress: UploadProgress

    /// - Parameter what: begins the sentence of what went wrong, such as `chunk 3`.
    /// - Throws: the failure that `body` ended with, as one that another try cannot help; `CancellationError`, also while
    ///   it waits.
    func run<Outcome: Sendable>(
        _ what: String, _ body: @Sendable () async throws -> Outcome
    ) async throws -> Outcome {
        var backoff = Backoff(first: .seconds(1), limit: .seconds(30))
        var (failed, arrivals) = (0, progress.arrivals)
        while true {
            do {
                return try await body()
            } catch  where Self.isWorthIt(error) {
                if progress.arrivals != arrivals {
                    (failed, arrivals) = (0, progress.arrivals)
                    backoff.reset()
                }
                failed += 1
                guard failed < Self.tries else { throw Failure.gaveUp(what, Self.tries, Failure(error)) }
                let wait = max(backoff.next(), (error as? UploadRefusal)?.retryAfter ?? .zero)
                let words = Output.duration(max(1, wait / .seconds(1)))
                progress.note("\(what): \(Failure(error).sentence); trying again in \(words)")
                try await Task.sleep(for: wait)
            } catch  where !(error is CancellationError) {
                throw Failure(error).prefixed(what)
            }
        }
    }

    static func isWorthIt(_ error: any Error) -> Bool {
        !(error is CancellationError) && Failure(error).retry != .never
    }
}
