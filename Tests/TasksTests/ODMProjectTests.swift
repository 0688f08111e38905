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

    @Test(
        arguments: [
            (#"{"success": true, "stages": []}"#, true), (#"{"success": false}"#, false), (#"{"success": tr"#, nil),
            ("", nil),
            ("{}", nil), (#"{"success": "yes"}"#, nil),
        ] as [(String, Bool?)])
    func whatTheLogSaysCountsOnlyWhenItIsWhole(_ text: String, _ expected: Bool?) throws {
        try withProject { project, _ in
            #expect(project.runLog?.success == nil)
            try write(text, "\(project.path)/log.json")
            #expect(project.runLog?.success == expected)
        }
    }
}
