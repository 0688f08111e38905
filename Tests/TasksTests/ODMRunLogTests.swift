import Foundation
import Testing

@testable import Tasks

@Suite struct ODMRunLogTests {
    private func read(_ json: String) -> ODMRunLog? { ODMRunLog(Data(json.utf8)) }

    private let real = #"""
        {"odmVersion": "3.6.0", "memory": {"total": 64245, "available": 46338}, "cpus": 12, "images": 82,
         "options": {"crop": 3}, "startTime": "2026-01-01T00:00:00", "stages": [
          {"name": "dataset", "startTime": "x", "messages": [{"message": "Loading", "type": "info"}], "totalTime": 1.5},
          {"name": "opensfm", "startTime": "x", "messages": []}],
         "processes": [
          {"command": "a", "exitCode": 0, "output": []}, {"command": "b", "exitCode": 1, "output": ["1"]},
          {"command": "c", "exitCode": 2, "output": ["1"]}, {"command": "d", "exitCode": 3, "output": ["1"]},
          {"command": "opensfm", "exitCode": 137, "output": ["1", "2", "3", "4", "5", "Killed"]}],
         "success": false, "endTime": "x", "totalTime": 12, "error": {"code": 137, "message": "Child returned 137"},
         "stackTrace": ["1", "2", "3", "4", "5", "6", "7", "8", "9"]}
        """#

    @Test func readsWhatODMWrites() throws {
        let log = try #require(read(real))
        #expect(log.success == false)
        #expect(log.version == "3.6.0")
        #expect(log.errorCode == "137")
        #expect(log.errorMessage == "Child returned 137")
        #expect(log.stage == "opensfm")
        #expect(log.failedProcesses.map(\.command) == ["c", "d", "opensfm"])
        #expect(log.failedProcesses.last?.output == ["2", "3", "4", "5", "Killed"])
        #expect(log.stackTrace == ["2", "3", "4", "5", "6", "7", "8", "9"])
    }

    @Test(arguments: ["", "{", "[]", "null", "success", #"{"success": tr"#, "\u{0}\u{0}"])
    func whatIsNoObjectSaysNothing(_ json: String) {
        #expect(read(json) == nil)
    }

    @Test(arguments: [
        #"{"success": 1}"#, #"{"success": "true"}"#, #"{"success": null, "stages": 4, "processes": "x"}"#,
        #"{"stages": [1, null, {"name": {}}], "processes": [1, {"exitCode": "137"}, {"exitCode": 1e400}, [[]]]}"#,
        #"{"error": [], "stackTrace": {"a": 1}}"#, #"{"error": {"code": {}, "message": [1]}, "odmVersion": true}"#,
    ])
    func whatIsNotAsExpectedIsLeftOut(_ json: String) throws {
        let log = try #require(read(json))
        #expect(log.success == nil)
        #expect(log.failedProcesses.isEmpty)
        #expect(log.errorMessage == nil)
        #expect(log.stackTrace.isEmpty)
        #expect(log.stage == nil)
    }

    @Test func aLogThatIsNestedWithoutEndIsNoLog() {
        #expect(read(#"{"success": true, "a": "# + String(repeating: "[", count: 100_000)) == nil)
    }

    @Test func linesAreCutAndCleaned() throws {
        let long = String(repeating: "x", count: 5000)
        let log = try #require(read(#"{"error": {"message": "a\u0000b\n\#(long)"}}"#))
        let message = try #require(log.errorMessage)
        #expect(message.hasPrefix("a b x"))
        #expect(message.count == 300)
        #expect(message.hasSuffix("…"))
    }

    @Test func namesInOtherEncodingsAreNoObstacle() throws {
        let data = Data(#"{"success": true, "error": {"message": "B"#.utf8) + Data([0xE4]) + Data(#"ume.JPG"}}"#.utf8)
        let log = try #require(ODMRunLog(data))
        #expect(log.success == true)
        #expect(log.errorMessage == "B\u{FFFD}ume.JPG")
    }

    @Test func onlyAPlainFileIsOpened() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "run-log-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }  // the system clears it otherwise
        try Data(real.utf8).write(to: URL(fileURLWithPath: "\(folder)/log.json"))
        #expect(ODMRunLog(at: "\(folder)/log.json")?.success == false)
        #expect(ODMRunLog(at: "\(folder)/none.json") == nil)
        #expect(ODMRunLog(at: folder) == nil)
        #expect(symlink("\(folder)/log.json", "\(folder)/link.json") == 0)
        #expect(ODMRunLog(at: "\(folder)/link.json") == nil)
        // Opening it would wait for a writer for ever.
        #expect(mkfifo("\(folder)/pipe.json", 0o600) == 0)
        #expect(ODMRunLog(at: "\(folder)/pipe.json") == nil)
    }

    @Test func ofAHugeFileOnlyTheEndIsRead() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "run-log-\(UUID().uuidString).json").path
        defer { try? FileManager.default.removeItem(atPath: path) }  // the system clears it otherwise
        let start = #"{"stages": [{"messages": [{"message": ""#
        let filler = String(repeating: "x", count: ODMRunLog.largest)
        try Data((start + filler + #""}]}], "success": true, "totalTime": 1}"#).utf8)
            .write(to: URL(fileURLWithPath: path))
        #expect(ODMRunLog(at: path)?.success == true)
        #expect(ODMRunLog(at: path)?.stage == nil)
    }
}
