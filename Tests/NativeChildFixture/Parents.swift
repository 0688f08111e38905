import Failures
import Foundation
import Glibc
import NativeChild

/// What a process goes through that runs native work: for tests that look at a whole process, or end it.
enum Parents {
    private static let runner = NativeRunner()

    /// Two children at a time that wait for their ends. Prints a line once both do.
    static func linger(_ pidFiles: [String]) async throws {
        let (lingering, report) = AsyncStream.makeStream(of: Void.self)
        try await withThrowingTaskGroup { group in
            for file in pidFiles {
                group.addTask { _ = try await runner.run(Linger(pidFile: file)) { _ in report.yield() } }
            }
            var left = pidFiles.count
            for await _ in lingering {
                left -= 1
                if left == 0 { break }
            }
            print("lingering")
            fflush(nil)
            try await group.waitForAll()
        }
    }

    /// Runs children that end in every way there is, and prints how many descriptors and zombies that has left.
    static func census(_ rounds: Int, scratch: String) async throws {
        try await everyEnd(scratch)
        let before = try openDescriptors()
        for _ in 0..<rounds { try await everyEnd(scratch) }
        print("descriptors \(before) \(try openDescriptors()) children \(waitpid(-1, nil, WNOHANG) == -1 ? 0 : 1)")
    }

    /// Sends much to a program that does not read it.
    static func unheard() async throws {
        do {
            _ = try await NativeRunner(executable: "/bin/true").run(Echo(text: String(repeating: "x", count: 4 << 20)))
        } catch {
            print(Failure(error).code)
        }
    }

    private static func everyEnd(_ scratch: String) async throws {
        _ = try await runner.run(Echo())
        for work in [Crash(way: .badAccess), Crash(way: .killed)] as [any NativeWork] + [Refuse(), Vanish()] {
            do { try await run(work) } catch is Failure {}
        }
        let (lingering, report) = AsyncStream.makeStream(of: Void.self)
        let task = Task { _ = try await runner.run(Linger(pidFile: scratch)) { _ in report.yield() } }
        for await _ in lingering { break }
        task.cancel()
        _ = await task.result
    }

    private static func run(_ work: some NativeWork) async throws { _ = try await runner.run(work) }

    private static func openDescriptors() throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
    }
}
