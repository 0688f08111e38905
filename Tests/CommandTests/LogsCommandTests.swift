import Containers
import DB
import Foundation
import TestSupport
import Testing

private let odm = TaskType(rawValue: "odm_processing")

@Suite(needsDatabase)
struct LogsCommandTests {
    @Test func printsTheStoredLogOfTheLastAttempt() async throws {
        try await withCommand { test, command in
            let (dataset, _) = try await test.failedRow(types: ["odm_processing"])
            try command.store("logs/\(dataset)/odm-1.log", "[INFO] one\n\n[INFO] two\n")
            let ended = try await command.run("logs", "\(dataset)")
            #expect(ended.exitCode == 0)
            #expect(ended.output == "[INFO] one\n\n[INFO] two\n")
            let json = try await command.run("logs", "\(dataset)", "--json")
            #expect(json.lines == [#"{"text":"[INFO] one"}"#, #"{"text":""}"#, #"{"text":"[INFO] two"}"#])
        }
    }

    @Test func followsTheStoredLogOfARunElsewhereUntilItEnds() async throws {
        try await withCommand { test, command in
            let dataset = try await test.addDataset()
            let worker = try await test.addWorker("w", types: [odm])
            _ = try await test.enqueue(dataset, ["odm_processing"])
            let job = try #require(
                try await test.queue.claim(for: worker, taskTypes: [odm], limit: 1, lease: .seconds(90)).first)
            let silent = try await command.run("logs", "\(dataset)")
            #expect(silent.exitCode == 1)
            #expect(silent.errors.contains("has not printed anything yet"))
            let ended = try await command.run(["logs", "\(dataset)", "--follow"]) { output in
                try command.store("logs/\(dataset)/odm-1.log", "one\ntw")
                try await eventually { try String(contentsOf: output, encoding: .utf8) == "one\n" }
                try command.store("logs/\(dataset)/odm-1.log", "one\ntwo\nthree")
                try await eventually { try String(contentsOf: output, encoding: .utf8) == "one\ntwo\n" }
                try await test.queue.complete(job, odm)
            }
            #expect(ended.output == "one\ntwo\nthree\n")
            #expect(ended.exitCode == 0)
        }
    }

    @Test func aDatasetWithoutALogIsNotFound() async throws {
        try await withCommand { test, command in
            let missing = try await command.run("logs", "77")
            #expect(missing.exitCode == 1)
            #expect(missing.errors.contains("dataset 77 does not exist"))
            let dataset = try await test.addDataset()
            let unknown = try await command.run("logs", "\(dataset)")
            #expect(unknown.exitCode == 1)
            #expect(unknown.errors.contains("there is no output of ODM for dataset \(dataset)"))
        }
    }

    @Test(needsDocker) func followsARunningContainerUntilItEnds() async throws {
        try await withCommand(docker: DockerUnderTest.host) { test, command in
            let dataset = try await test.addDataset()
            let worker = try await test.addWorker("w", types: [odm])
            let row = try await test.enqueue(dataset, ["odm_processing"])
            let jobs = try await test.queue.claim(for: worker, taskTypes: [odm], limit: 1, lease: .seconds(90))
            // The last line comes only after somebody has asked for the container's end.
            let script =
                "printf '\\033[39m[INFO] first\\033[0m\\n'; trap 'echo last; exit 0' TERM; while true; do sleep 0.1; done"
            try await DockerUnderTest.withContainer(
                script,
                labels: [
                    "deadtrees.dataset_id": "\(dataset)", "deadtrees.queue_id": "\(row)", "deadtrees.attempt": "1",
                    "deadtrees.deployment": try await test.queue.deployment(),
                ]
            ) { engine, id in
                try await test.queue.addContainer(id, jobs[0].token)
                try await eventually { try await command.run("logs", "\(dataset)").output == "[INFO] first\n" }
                let shown = try await command.run("queue", "show", "\(row)", "--json").json["log"]
                #expect(shown?["source"]?.text == "container")
                #expect(shown?["lines"] == .list([.text("[INFO] first")]))
                let ended = try await command.run(["logs", "\(dataset)", "--follow"]) { output in
                    try await eventually { try String(contentsOf: output, encoding: .utf8) == "[INFO] first\n" }
                    try await engine.stop(id, grace: .seconds(10))
                }
                #expect(ended.output == "[INFO] first\nlast\n")
                #expect(ended.exitCode == 0)
            }
            let without = try await command.run("logs", "\(dataset)")
            #expect(without.exitCode == 1)
            #expect(without.errors.contains("has not printed anything yet"))
        }
    }

    /// Asks again and again until it is true; a failed expectation after a minute.
    private func eventually(_ condition: () async throws -> Bool) async throws {
        try await waitUntil(within: .seconds(60), "the container's first line comes", condition)
    }
}
