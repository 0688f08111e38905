import Foundation
import TestSupport
import Testing

/// Two, eight and thirty-two workers on one queue with random kills: a short run each of what `make chaos` does for
/// two minutes. To repeat one that failed: `make chaos SEED=… SECONDS=… WORKERS=…`, as its first line says.
@Suite(.enabled(if: TestDatabase.isAvailable, "run the tests through make test"), .serialized)
struct ChaosTests {
    @Test(arguments: [2, 8, 32])
    func everyRowEndsOnce(_ workers: Int) async throws {
        let run = try await runProgram(
            BuiltProducts.path("queue-chaos"), ["--seconds", "15", "--workers", "\(workers)"])
        #expect(run.status == 0, "\(run.output)")
        #expect(run.output.contains("anomalies"))
    }
}
