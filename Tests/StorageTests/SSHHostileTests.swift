import Failures
import Foundation
import Storage
import TestSupport
import Testing

/// What calls itself SFTP, and is none: each ends with a sentence within half a minute, and nothing is believed.
@Suite(.enabled(if: PrivateSSHServer.whyNot == nil, Comment(rawValue: PrivateSSHServer.whyNot ?? "")))
struct SSHHostileTests {
    /// What runs in place of the SFTP server, as a script of a shell.
    private static let programs = [
        "words": "echo This account is currently not available.",
        // It hangs, and its host is alive.
        "hangs": "sleep 60",
        "ends": "exit 0",
        "fourGigabytes": answering(#"\377\377\377\377\145\000\000\000\001"#),
        // Attributes with a size, and then no size.
        "shorterThanItSays": answering(#"\000\000\000\011\151\000\000\000\001\000\000\000\001"#),
        "answersSomethingElse": answering(#"\000\000\000\011\151\000\000\001\001\000\000\000\000"#),
        "noSuchType": answering(#"\000\000\000\005\076\000\000\000\001"#),
    ]

    /// Greets as version 3 of SFTP, then sends these bytes when something is asked.
    private static func answering(_ bytes: String) -> String {
        let version = #"\000\000\000\005\002\000\000\000\003"#
        return "head -c 9 >/dev/null; printf '\(version)'; head -c 9 >/dev/null; printf '\(bytes)'; sleep 60"
    }

    /// All at once: most are tried again for as long as it is worth it.
    @Test func whatSpeaksNoSFTPIsNotBelieved() async throws {
        let start = ContinuousClock.now
        try await withThrowingTaskGroup(of: (String, Failure).self) { group in
            for (name, script) in Self.programs { group.addTask { (name, try await failure(talkingTo: script)) } }
            for try await (name, failure) in group {
                let isRefusal = ["words", "fourGigabytes"].contains(name)
                #expect(failure.code == (isRefusal ? "storage_refused" : "storage_unreachable"), "\(name): \(failure)")
                #expect(failure.retry == .withoutBlame)
                // What a shell says is what helps.
                if name == "words" { #expect(failure.detail?.contains("This account is currently") == true) }
            }
        }
        #expect(ContinuousClock.now - start < .seconds(35))
    }

    private func failure(talkingTo script: String) async throws -> Failure {
        var found: Failure?
        try await SSHSite.with { site in
            let program = "\(site.server.folder)/program"
            try "#!/bin/sh\n\(script)\n".write(toFile: program, atomically: true, encoding: .utf8)
            chmod(program, 0o755)
            site.server.kill()
            try site.server.configure([], program)
            try await site.server.start()
            found = try await #require(throws: Failure.self) {
                _ = try await site.storage().stat(path("archive/1_ortho.tif"))
            }
        }
        return try #require(found)
    }
}
