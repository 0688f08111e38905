import Failures
import Foundation
import Testing

@testable import Settings

@Suite struct SecretTests {
    private let file = FileManager.default.temporaryDirectory.appending(path: "secret-\(UUID().uuidString)")

    /// Runs `body` while the file holds `content`.
    private func withFile(_ content: String, _ body: () throws -> Void) throws {
        try content.write(to: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: file) }  // a temporary file; nothing depends on it
        try body()
    }

    @Test func comesFromAFileWithoutItsLastLineBreak() throws {
        try withFile("from-a-file\n") {
            let settings = try AppSettings(environment: ["JWT_SECRET_FILE": file.path], host: .example)
            #expect(settings.api.tokenKeys == .secret(Secret("from-a-file")))
        }
    }

    @Test func isNeverPartOfAnError() throws {
        try withFile("hunter2") {
            let failure = try #require(throws: Failure.self) {
                try AppSettings(
                    environment: ["DATABASE_URL": "hunter2://", "JWT_SECRET_FILE": file.path, "JWT_SECRET": "hunter2"],
                    host: .example)
            }
            #expect(failure.sentence.contains("DATABASE_URL is set, but must be"))
            #expect(failure.sentence.contains("JWT_SECRET and JWT_SECRET_FILE are both set"))
            #expect(!failure.description.contains("hunter2"))
        }
    }

    @Test(arguments: ["sftp://u:hunter2@host/data", "sftp://u:hun/ter2@host", "sftp://:hunter2@host/data"])
    func isHiddenInAnAddress(_ address: String) throws {
        let failure = try #require(throws: Failure.self) {
            try AppSettings(environment: ["STORAGE_URL": address], host: .example)
        }
        #expect(failure.sentence.contains(":•••@host"))
        #expect(!failure.sentence.contains("ter2"))
    }

    @Test func isRefusedWhenItsFileIsMissingOrEmpty() throws {
        let missing = try #require(throws: Failure.self) {
            try AppSettings(environment: ["DATABASE_URL_FILE": file.path], host: .example)
        }
        #expect(missing.sentence.hasSuffix("but that file cannot be read"))
        try withFile("\n") {
            let empty = try #require(throws: Failure.self) {
                try AppSettings(environment: ["DATABASE_URL_FILE": file.path], host: .example)
            }
            #expect(empty.sentence.hasSuffix("but that file is empty"))
        }
    }

    @Test func printsAsDots() throws {
        let settings = try AppSettings(
            environment: ["JWT_SECRET": "hunter2", "DATABASE_URL": "postgres://u:hunter2@h/d"], host: .example)
        var dumped = ""
        dump(settings, to: &dumped)
        #expect(!"\(settings) \(String(reflecting: settings)) \(dumped)".contains("hunter2"))
    }
}
