import Foundation
import NativeChild
import TestSupport
import Testing

@testable import native_child_fixture

@Suite(.timeLimit(.minutes(3)))
struct NativeProcessTests {
    private let fixture = BuiltProducts.path("native-child-fixture")

    private func withFiles(_ count: Int, _ body: ([String]) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "native-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }  // the system clears its temporary folder too
        try await body((0..<count).map { folder.appending(path: "pid\($0)").path })
    }

    private func pid(in file: String) throws -> Int32 {
        try #require(Int32(String(contentsOfFile: file, encoding: .utf8)))
    }

    private func waitUntilGone(_ pid: Int32) async throws {
        try await waitUntil("process \(pid) ends") { kill(pid, 0) == -1 && errno == ESRCH }
    }

    /// Starts the fixture and returns its first line of output, while it may still be running.
    private func start(_ arguments: [String]) throws -> (process: Process, line: String) {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: fixture)
        process.arguments = arguments
        process.standardOutput = output
        try process.run()
        var line = Data()
        while let byte = try output.fileHandleForReading.read(upToCount: 1), !byte.isEmpty, byte != Data("\n".utf8) {
            line += byte
        }
        return (process, String(decoding: line, as: UTF8.self))
    }

    @Test func cancelingKillsTheChild() async throws {
        try await withFiles(1) { files in
            let (lingering, report) = AsyncStream.makeStream(of: Void.self)
            let task = Task {
                try await NativeRunner(executable: fixture).run(Linger(pidFile: files[0])) { _ in report.yield() }
            }
            for await _ in lingering { break }
            let child = try pid(in: files[0])
            #expect(kill(child, 0) == 0)
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            // The runner does not return before its child is gone.
            #expect(kill(child, 0) == -1 && errno == ESRCH)
        }
    }

    @Test func canceledBeforeItBeganItDoesNothing() async throws {
        try await withFiles(1) { files in
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return try await NativeRunner(executable: fixture).run(Linger(pidFile: files[0]))
            }
            await #expect(throws: CancellationError.self) { try await task.value }
            #expect(!FileManager.default.fileExists(atPath: files[0]))
        }
    }

    /// Two at a time: each could hold the other's standard input open.
    @Test func childrenEndWhenTheirParentIsKilled() async throws {
        try await withFiles(2) { files in
            let (parent, line) = try start(["linger"] + files)
            #expect(line == "lingering")
            let children = try files.map { try pid(in: $0) }
            #expect(children.allSatisfy { kill($0, 0) == 0 })
            kill(parent.processIdentifier, SIGKILL)
            for child in children { try await waitUntilGone(child) }
        }
    }

    @Test func noDescriptorAndNoZombieIsLeft() async throws {
        try await withFiles(1) { files in
            let line = try start(["census", files[0]]).line
            let words = line.split(separator: " ")
            #expect(words.count == 5, "\(line)")
            #expect(words[1] == words[2], "\(line)")
            #expect(words.last == "0", "\(line)")
        }
    }

    @Test func aChildThatDoesNotReadEndsNobodyElse() throws {
        let (process, line) = try start(["unheard"])
        #expect(line == "native_silent")
        process.waitUntilExit()
        #expect(process.terminationReason == .exit && process.terminationStatus == 0)
    }
}
