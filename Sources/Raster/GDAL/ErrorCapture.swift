import CGDAL
import Failures

/// The errors that GDAL reported on this thread while one call ran, in order.
final class ErrorLog {
    private(set) var failures: [String] = []
    private let isHarmless: (String) -> Bool

    init(_ isHarmless: @escaping (String) -> Bool) { self.isHarmless = isHarmless }

    func note(class severity: CPLErr, message: String) {
        guard severity.rawValue >= CE_Failure.rawValue, failures.count < 20, !isHarmless(message) else { return }
        failures.append(message)
    }

    /// The first is usually the cause, the last the consequence.
    var text: String { failures.isEmpty ? "no message" : failures.joined(separator: "; ") }
}

private let noteError: CPLErrorHandler = { severity, _, message in
    guard let context = CPLGetErrorHandlerUserData() else { return }
    let log = Unmanaged<ErrorLog>.fromOpaque(context).takeUnretainedValue()
    log.note(class: severity, message: message.map { String(cString: $0) } ?? "")
}

/// Runs one call into GDAL and decides whether it worked: a nil result or any error that GDAL reported on the
/// way makes it a failure, since some drivers return a handle all the same.
///
/// GDAL keeps its stack of handlers per thread, so `body` must stay on the calling thread.
/// - Parameters:
///   - failure: turns GDAL's messages into the failure to throw.
///   - isHarmless: tells messages that are no failure.
func gdal<Result: ~Copyable>(
    _ failure: (String) -> Failure, isHarmless: @escaping (String) -> Bool = { _ in false },
    _ body: () throws -> Result?
) throws -> Result {
    let log = ErrorLog(isHarmless)
    return try withExtendedLifetime(log) {
        CPLPushErrorHandlerEx(noteError, Unmanaged.passUnretained(log).toOpaque())
        defer { CPLPopErrorHandler() }
        guard let result = try body() else { throw failure(log.text) }
        guard log.failures.isEmpty else { throw failure(log.text) }
        return result
    }
}

/// The same for calls that answer with a `CPLErr`.
func gdalCheck(_ failure: (String) -> Failure, _ body: () -> CPLErr) throws {
    try gdal(failure) { body() == CE_None ? () : nil }
}

/// Runs a call whose errors are an answer in themselves ("no such thing") and drops its messages.
func gdalQuietly<Result>(_ body: () -> Result) -> Result {
    CPLPushErrorHandler(CPLQuietErrorHandler)
    defer { CPLPopErrorHandler() }
    return body()
}
