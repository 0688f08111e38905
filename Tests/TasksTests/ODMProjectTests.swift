import Foundation
import Testing

@testable import Containers
@testable import Tasks

@Suite struct ODMProjectTests {
    private func withProject(_ body: (ODMProject, String) throws -> Void) throws {
        let scratch = FileManager.default.temporaryDirectory.appending(path: "odm-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: scratch) }  // the system clears its temporary folder too
        let project = ODMProject(scratch: scratch, datasetID: 5)
        let folder = (project.orthophoto as NSString).deletingLastPathComponent
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try body(project, scratch)
    }

    private func write(_ text: String, _ path: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }

    @Test func anOrthophotoIsAFileWithSomethingInIt() throws {
        try withProject { project, scratch in
            #expect(project.orthophoto == "\(scratch)/odm/5/odm_orthophoto/odm_orthophoto.tif")
            #expect(!project.hasOrthophoto())
            try write("", project.orthophoto)
            #expect(!project.hasOrthophoto())
            try write("x", project.orthophoto)
            #expect(project.hasOrthophoto())
        }
    }

    @Test(
        arguments: [
            (#"{"success": true, "stages": []}"#, true), (#"{"success": false}"#, false), (#"{"success": tr"#, nil),
            ("", nil),
            ("{}", nil), (#"{"success": "yes"}"#, nil),
        ] as [(String, Bool?)])
    func whatTheLogSaysCountsOnlyWhenItIsWhole(_ text: String, _ expected: Bool?) throws {
        try withProject { project, _ in
            #expect(project.logSuccess() == nil)
            try write(text, "\(project.path)/log.json")
            #expect(project.logSuccess() == expected)
        }
    }

    @Test func aTranscriptKeepsAllLinesOnDiskAndTheLastInMemory() async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "transcript-\(UUID().uuidString)").path
        defer { unlink(path) }
        let transcript = Transcript(path: path)
        func line(_ number: Int, _ text: String) -> LogLine {
            LogLine(
                stream: .output, text: text,
                position: LogPosition(time: EngineTime(seconds: 1, nanoseconds: 0), ordinal: number))
        }
        let said = transcript.take(line(1, "\u{1B}[39m[INFO]    Running opensfm stage\u{1B}[0m"))
        #expect(said?.0 == 0.03 && said?.1 == "stage opensfm")
        for number in 2...2000 { #expect(transcript.take(line(number, "line \(number)")) == nil) }
        #expect(transcript.position?.ordinal == 2000)
        #expect((300...600).contains(transcript.tail.count) && transcript.tail.last == "line 2000")
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        #expect(lines.count == 2000 && lines[0] == "[INFO]    Running opensfm stage")
        transcript.note(memory: 5)
        transcript.note(memory: 3)
        #expect(transcript.peakMemory == 5)
    }
}
