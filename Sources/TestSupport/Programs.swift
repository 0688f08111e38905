import Foundation

/// What a program that has ended left behind.
public struct ProgramEnd: Sendable {
    /// Negative for a signal.
    public let status: Int32
    /// Of both streams.
    public let output: String
}

/// Runs a program and waits for its end without blocking a thread.
/// - Parameter settings: added to this process's environment.
@discardableResult
public func runProgram(
    _ path: String, _ arguments: [String], settings: [String: String] = [:]
) async throws -> ProgramEnd {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(settings) { $1 }
    // A file, not a pipe: what the program leaves running must not keep us waiting for the end of the stream.
    let output = NSTemporaryDirectory() + "deadtrees-output-\(UUID().uuidString)"
    _ = FileManager.default.createFile(atPath: output, contents: nil)
    defer { try? FileManager.default.removeItem(atPath: output) }  // A leftover in /tmp fails no test.
    let handle = FileHandle(forWritingAtPath: output) ?? .nullDevice
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = handle
    process.standardError = handle
    try await withCheckedThrowingContinuation { (ended: CheckedContinuation<Void, any Error>) in
        process.terminationHandler = { _ in ended.resume() }
        do { try process.run() } catch {
            process.terminationHandler = nil
            ended.resume(throwing: error)
        }
    }
    let text = String(decoding: FileManager.default.contents(atPath: output) ?? Data(), as: UTF8.self)
    return ProgramEnd(
        status: process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus,
        output: text)
}
