import Foundation
import Logging
import Storage
import Testing

@testable import Containers
@testable import Tasks

@Suite struct ODMTranscriptTests {
    private func line(_ number: Int, _ text: String) -> LogLine {
        LogLine(
            stream: .output, text: text,
            position: LogPosition(time: EngineTime(seconds: 1, nanoseconds: 0), ordinal: number))
    }

    private func withFolder(_ body: (String) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "transcript-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }  // A leftover in /tmp fails no test.
        try await body(folder)
    }

    private func transcript(_ folder: String, _ scrubber: LogScrubber = LogScrubber(secrets: [])) -> ODMTranscript {
        ODMTranscript(path: "\(folder)/odm.log", scrubber: scrubber)
    }

    private func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

    @Test func keepsAllLinesOnDiskAndTheLastInMemory() async throws {
        try await withFolder { folder in
            let transcript = transcript(folder)
            #expect(transcript.take(line(1, "\u{1B}[39m[INFO]    Running opensfm stage\u{1B}[0m")))
            #expect(transcript.progress.value == 0.03 && transcript.progress.note == "stage opensfm")
            for number in 2...2000 { #expect(!transcript.take(line(number, "line \(number)"))) }
            transcript.save()
            #expect(transcript.position?.ordinal == 2000)
            #expect(transcript.tail.count == 300 && transcript.tail.last == "line 2000")
            let lines = try text(transcript.path).split(separator: "\n")
            #expect(lines.count == 2000 && lines[0] == "[INFO]    Running opensfm stage")
            transcript.note(memory: 5)
            transcript.note(memory: 3)
            #expect(transcript.peakMemory == 5)
        }
    }

    @Test func goesOnWhereAnEarlierLifeHasSavedIt() async throws {
        try await withFolder { folder in
            let first = transcript(folder)
            _ = first.take(line(1, "[INFO]    Running odm_orthophoto stage"))
            _ = first.take(line(2, "second"))
            first.save()
            // Written, but not saved: it comes again.
            let file = try #require(FileHandle(forUpdatingAtPath: first.path))
            try file.seekToEnd()
            try file.write(contentsOf: Data("thi".utf8))

            let second = transcript(folder)
            #expect(second.position?.ordinal == 2)
            #expect(second.progress.value == 0.84)
            #expect(second.tail == ["[INFO]    Running odm_orthophoto stage", "second"])
            _ = second.take(line(3, "third"))
            second.save()
            #expect(try text(second.path) == "[INFO]    Running odm_orthophoto stage\nsecond\nthird\n")
            #expect(second.bytes == 52)
        }
    }

    @Test func growsInStorageAndIsWholeThereInTheEnd() async throws {
        try await withFolder { folder in
            let storage = LocalStorage(root: "\(folder)/storage")
            let path = try StoragePath.odmLog(of: 1, attempt: 1)
            let transcript = transcript(folder)
            func sender() -> ODMLogSender {
                ODMLogSender(
                    transcript: transcript, storage: storage, path: path, logger: Logger(label: "test"),
                    interval: .milliseconds(5))
            }
            _ = transcript.take(line(1, "one"))
            let sending = Task { await sender().run() }
            try await waitFor { try await storage.stat(path)?.bytes == 4 }
            _ = transcript.take(line(2, "two"))
            try await waitFor { try await storage.stat(path)?.bytes == 8 }
            sending.cancel()
            await sending.value
            _ = transcript.take(line(3, "three"))
            await sender().finish()
            #expect(try text("\(folder)/storage/logs/1/odm-1.log") == "one\ntwo\nthree\n")
        }
    }

    private func waitFor(_ condition: () async throws -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(20)
        while try await !condition() {
            try #require(ContinuousClock.now < end)
            await Task.yield()
        }
    }

    @Test(arguments: [
        ("\u{1B}[33m[WARNING] careful\u{1B}[0m", "[WARNING] careful"),
        ("\u{1B}[2K 55%\r", " 55%"),
        ("a\tb", "a\tb"),
        ("running with http://user:hunter22@cluster:3000/", "running with http://***@cluster:3000/"),
        ("sm_cluster: http://cluster:3000?token=sesame-open", "sm_cluster: http://cluster:3000?token=***"),
        ("the password is hunter22.", "the password is ***."),
    ])
    func leavesOutColoursAndSecrets(_ line: String, _ expected: String) {
        let scrubber = LogScrubber(address: "http://user:hunter22@cluster:3000?token=sesame-open")
        #expect(scrubber.clean(line) == expected)
    }
}

@Suite struct StallDetectorTests {
    @Test func aRunIsStalledWhenItNeitherPrintsNorComputes() {
        var detector = StallDetector(limit: .seconds(60))
        let start = ContinuousClock.now
        func sample(_ second: Int, cpu: Double, silence: Int) -> Bool {
            detector.isStalled(cpuSeconds: cpu, silence: .seconds(silence), now: start + .seconds(second))
        }
        var isStalled: [Bool] = []
        isStalled.append(sample(0, cpu: 10, silence: 0))
        // Silent for an hour, but computing.
        isStalled.append(sample(3600, cpu: 3000, silence: 3600))
        isStalled.append(sample(3610, cpu: 3000, silence: 3610))
        isStalled.append(sample(3650, cpu: 3000.1, silence: 3650))
        isStalled.append(sample(3661, cpu: 3000.1, silence: 3661))
        // One line, and it counts from there.
        isStalled.append(sample(3671, cpu: 3000.1, silence: 1))
        isStalled.append(sample(3700, cpu: 3000.1, silence: 30))
        isStalled.append(sample(3735, cpu: 3000.1, silence: 65))
        #expect(isStalled == [false, false, false, false, true, false, false, true])
    }

    @Test func zeroSwitchesItOff() {
        var detector = StallDetector(limit: .zero)
        let start = ContinuousClock.now
        _ = detector.isStalled(cpuSeconds: 1, silence: .zero, now: start)
        let isStalled = detector.isStalled(cpuSeconds: 1, silence: .seconds(1e6), now: start + .seconds(1e6))
        #expect(!isStalled)
    }
}
