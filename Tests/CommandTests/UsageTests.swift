import TestSupport
import Testing

@Suite struct UsageTests {
    private func command(_ url: String) throws -> CommandUnderTest {
        try CommandUnderTest(database: url, folder: TemporaryFolder())
    }

    @Test(arguments: [
        ["no-such-command"], ["queue", "no-such-command"], ["queue", "list", "--no-such-flag"],
        ["queue", "show", "seven"],
        ["queue", "add", "42"], ["queue", "pause"], ["drain"], ["logs"],
        ["queue", "add", "42", "cog", "--priority", "99999"], ["upload"], ["upload", "a.tif"],
        ["upload", "a.tif", "--author", "A", "--date", "2023-02-29"],
        ["upload", "a.tif", "--author", "A", "--chunk-size", "5MB"],
        ["upload", "a.tif", "--author", "A", "--priority", "3"],
        ["upload", "a.tif", "--author", "A", "--upload-id", "../x"],
        ["upload", "a.tif", "--author", "A", "--server", "ftp://host"],
    ])
    func wrongUsageEndsWithTwo(_ arguments: [String]) async throws {
        let ended = try await command("postgres://nobody@127.0.0.1:1/none").run(arguments)
        #expect(ended.exitCode == 2)
        #expect(ended.output.isEmpty)
        #expect(ended.errors.contains("Usage: deadtrees"))
    }

    @Test(arguments: ["queue", "workers", "drain", "evict", "logs", "doctor", "upload"])
    func everyCommandHasHelp(_ name: String) async throws {
        let ended = try await command("postgres://nobody@127.0.0.1:1/none").run(name, "--help")
        #expect(ended.exitCode == 0)
        #expect(ended.output.contains("USAGE: deadtrees \(name)"))
    }

    @Test(arguments: [
        ["queue", "list"], ["queue", "show", "1"], ["queue", "add", "1", "cog"], ["queue", "cancel", "1"], ["workers"],
        ["evict", "w"], ["logs", "1"],
    ])
    func anUnreachableDatabaseEndsWithSixtyNineAndKeepsItsPassword(_ arguments: [String]) async throws {
        let ended = try await command("postgres://me:geheim@127.0.0.1:1/none").run(arguments)
        #expect(ended.exitCode == 69)
        #expect(ended.output.isEmpty)
        #expect(ended.errors.hasPrefix("deadtrees: the database cannot be reached"))
        #expect(!ended.errors.contains("geheim"))
    }

    @Test func aWrongSettingEndsWithTwoAndItsName() async throws {
        var command = try command("postgres://nobody@127.0.0.1:1/none")
        command.environment["LEASE"] = "soon"
        let ended = try await command.run("queue", "list")
        #expect(ended.exitCode == 2)
        #expect(ended.errors.contains("LEASE is \"soon\""))
    }

    @Test(needsDatabase) func aDatabaseWithoutTheTablesIsSaidToNeedMigrating() async throws {
        try await TestDatabase.withEmpty { test in
            for arguments in [["queue", "list"], ["queue", "add", "1", "cog"], ["workers"]] {
                let ended = try await command(test.url).run(arguments)
                #expect(ended.exitCode == 1)
                #expect(ended.errors.contains("run deadtrees migrate"))
            }
        }
    }
}
