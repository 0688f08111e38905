import DB
import Foundation
import Tasks
import TestSupport
import Testing

/// `POST` and `PUT /datasets/{id}/process`, as today's clients call it.
@Suite(.enabled(if: TestDatabase.isAvailable, "run the tests through make test"), .serialized)
struct ProcessTests {
    private let stranger = UUID(uuidString: "00000000-0000-0000-0000-000000000009") ?? UUID()

    private let geotiff = StageKind(type: .geotiff, status: .orthoProcessing, flag: .ortho)

    private func with(_ body: (Site, APIProcess, Int64, String) async throws -> Void) async throws {
        try await Site.with { site in
            let dataset = try await site.test.addDataset()
            try await site.test.sql("INSERT INTO auth.users VALUES ($1, 'b@example.org')", [.text(stranger.uuidString)])
            try await body(site, try await APIProcess.start(site), dataset, try await TestToken.of())
        }
    }

    private func process(
        _ server: APIProcess, _ dataset: some CustomStringConvertible, _ body: String, _ token: String?,
        method: String = "PUT", prefix: String = ""
    ) async throws -> HTTPAnswer {
        try await server.call(
            method, "\(prefix)/datasets/\(dataset)/process", token: token,
            headers: ["Content-Type": "application/json"],
            body: Data(body.utf8))
    }

    private func queued(_ site: Site) async throws -> [Row] {
        try await site.test.sql("SELECT * FROM v2_queue ORDER BY id")
    }

    @Test(arguments: [("PUT", ""), ("POST", ""), ("PUT", "/api/v1"), ("POST", "/api/v1")])
    func aRowIsQueued(_ method: String, _ prefix: String) async throws {
        try await with { site, server, dataset, token in
            let body = #"{"task_types": ["cog", "geotiff", "deadwood", "deadwood"], "priority": 4}"#
            let answer = try await process(server, dataset, body, token, method: method, prefix: prefix)
            #expect(answer.status == 200, "\(answer.text)")
            let row = try #require(try await queued(site).first)
            #expect(try row.get("task_types") == ["cog", "geotiff", "deadwood_v1"])
            #expect(try row.get("priority") == 4)
            #expect(answer.json["id"] as? Int == Int(try row.get("id", as: Int64.self)))
            #expect(answer.json["dataset_id"] as? Int == Int(dataset))
            #expect(answer.json["current_position"] as? Int == 1)
            #expect(answer.json["estimated_time"] as? Double == 0)
            #expect(answer.json["task_types"] as? [String] == ["cog", "geotiff", "deadwood_v1"])
            #expect(answer.json["is_processing"] as? Bool == false)
            #expect(answer.json["claimed_by"] is NSNull)
        }
    }

    @Test(arguments: 1...5)
    func prioritiesAreTaken(_ priority: Int) async throws {
        try await with { site, server, dataset, token in
            let answer = try await process(
                server, dataset, "{\"task_types\": [\"geotiff\"], \"priority\": \(priority)}", token)
            #expect(answer.json["priority"] as? Int == priority, "\(answer.text)")
        }
    }

    @Test func positionsCountByPriority() async throws {
        try await with { site, server, dataset, token in
            let others = try await [site.test.addDataset(), site.test.addDataset()]
            _ = try await process(server, others[0], #"{"task_types": ["geotiff"], "priority": 2}"#, token)
            _ = try await process(server, others[1], #"{"task_types": ["geotiff"], "priority": 5}"#, token)
            let answer = try await process(server, dataset, #"{"task_types": ["geotiff"], "priority": 4}"#, token)
            #expect(answer.json["current_position"] as? Int == 2)
        }
    }

    @Test func whatIsWrongIsSaidInOrder() async throws {
        try await with { site, server, dataset, token in
            let cases: [(String, String, Int, String)] = [
                (#"{"task_types": []}"#, token, 400, "At least one task type must be specified"),
                (#"{"task_types": ["nonsense"]}"#, token, 400, "Invalid task type: nonsense"),
                (
                    #"{"task_types": ["cog", "thumbnail"]}"#, token, 400,
                    "require geotiff in the same processing request"
                ),
                (#"{"task_types": ["geotiff"], "priority": 0}"#, token, 422, "priority"),
                (#"{"task_types": ["geotiff"], "priority": 6}"#, token, 422, "priority"),
                (#"{"task_types": ["geotiff"], "priority": null}"#, token, 422, "priority"),
                (#"{"task_types": ["geotiff"], "priority": true}"#, token, 422, "priority"),
                (#"{"task_types": "geotiff"}"#, token, 422, "task_types"), ("{}", token, 422, "task_types"),
                ("no json", token, 422, "JSON"),
            ]
            for (body, token, status, words) in cases {
                let answer = try await process(server, dataset, body, token)
                #expect(answer.status == status, "\(body): \(answer.text)")
                #expect(answer.text.contains(words), "\(body): \(answer.text)")
            }
            let types = #"{"task_types": ["geotiff"]}"#
            #expect((try await process(server, dataset, types, nil)).detail == "Not authenticated")
            #expect((try await process(server, dataset, types, "x.y.z")).detail == "Invalid token")
            #expect((try await process(server, 4711, types, token)).detail == "Dataset <ID=4711> not found.")
            #expect((try await process(server, "x", types, token)).status == 422)
            #expect(try await queued(site).isEmpty)
        }
    }

    @Test func onlyWhoMayQueuesIt() async throws {
        try await with { site, server, dataset, _ in
            let token = try await TestToken.of(stranger)
            let types = #"{"task_types": ["geotiff"]}"#
            #expect((try await process(server, dataset, types, token)).status == 403)
            try await site.test.sql("UPDATE v2_datasets SET data_access = 'private'")
            #expect((try await process(server, dataset, types, token)).status == 404)
            try await site.test.sql(
                "INSERT INTO privileged_users (user_id, can_view_all_private) VALUES ($1, true)",
                [.text(stranger.uuidString)])
            let answer = try await process(server, dataset, types, token)
            #expect(answer.status == 200, "\(answer.text)")
            #expect(answer.json["user_id"] as? String == stranger.uuidString.lowercased())
        }
    }

    @Test func whatIsBusyIsLeftAlone() async throws {
        try await with { site, server, dataset, token in
            let types = #"{"task_types": ["geotiff"]}"#
            try await site.test.sql("UPDATE v2_statuses SET current_status = 'cog_processing'")
            let busy = try await process(server, dataset, types, token)
            #expect(busy.status == 409)
            #expect(busy.detail.contains("Please wait for processing to complete"))
            try await site.test.sql("UPDATE v2_statuses SET current_status = 'idle'")
            _ = try await site.test.enqueue(dataset, ["geotiff"])
            let worker = try await site.test.addWorker("w", types: [.geotiff])
            _ = try await site.test.queue.claim(
                for: worker, stages: [geotiff], limit: 1, lease: .seconds(60), known: nil, watchdogAge: nil)
            let running = try await process(server, dataset, types, token)
            #expect(running.status == 409, "\(running.text)")
            #expect(running.detail.contains("currently being processed"))
            #expect(try await queued(site).count == 1)
        }
    }

    @Test func anErrorIsForgottenAndWhatIsAskedForIsDoneAgain() async throws {
        try await with { site, server, dataset, token in
            try await site.test.sql(
                """
                UPDATE v2_statuses SET has_error = true, error_message = 'x', current_status = 'cog_processing',
                  is_ortho_done = true, is_cog_done = true, is_thumbnail_done = true
                """)
            let answer = try await process(server, dataset, #"{"task_types": ["geotiff", "cog"]}"#, token)
            #expect(answer.status == 200, "\(answer.text)")
            let status = try await site.status(dataset)
            #expect(try status.get("has_error") == false)
            #expect(try status.getIfPresent("error_message", as: String.self) == nil)
            #expect(try status.get("current_status") == "idle")
            #expect(try !status.get("is_ortho_done", as: Bool.self) && !status.get("is_cog_done", as: Bool.self))
            #expect(try status.get("is_thumbnail_done"))
            // One that is well keeps what it has.
            try await site.test.sql("UPDATE v2_statuses SET is_ortho_done = true")
            _ = try await process(server, dataset, #"{"task_types": ["geotiff"]}"#, token)
            #expect(try await site.status(dataset).get("is_ortho_done"))
        }
    }

    @Test func aWaitingRowIsReplaced() async throws {
        try await with { site, server, dataset, token in
            _ = try await process(server, dataset, #"{"task_types": ["geotiff"], "priority": 1}"#, token)
            let answer = try await process(server, dataset, #"{"task_types": ["metadata"], "priority": 5}"#, token)
            let rows = try await queued(site)
            #expect(try rows.map { try $0.get("task_types", as: [String].self) } == [["metadata"]])
            #expect(answer.json["current_position"] as? Int == 1)
        }
    }

    @Test func anAreaOfInterestIsRequired() async throws {
        try await with { site, server, dataset, token in
            let answer = try await process(server, dataset, #"{"task_types": ["geotiff", "aoi_v1"]}"#, token)
            #expect(answer.status == 200, "\(answer.text)")
            #expect(try await site.status(dataset).get("is_aoi_required"))
        }
    }

    /// Requests that race each other and claims leave one row that waits, or one that runs.
    @Test func aDatasetIsQueuedOnce() async throws {
        try await with { site, server, dataset, token in
            let worker = try await site.test.addWorker("w", types: [.geotiff])
            let (port, queue) = (server.port, site.test.queue)
            let body = Data(#"{"task_types": ["geotiff"]}"#.utf8)
            let head = APIProcess.head(
                "PUT", "/datasets/\(dataset)/process", token, ["Content-Type": "application/json"], length: body.count)
            try await withThrowingDiscardingTaskGroup { group in
                for _ in 0..<20 {
                    group.addTask {
                        let answer = try await HTTPCall.whole(port, head + body)
                        #expect([200, 409].contains(answer.status), "\(answer.text)")
                    }
                    group.addTask {
                        _ = try await queue.claim(
                            for: worker, stages: [geotiff], limit: 1, lease: .seconds(60), known: nil,
                            watchdogAge: nil)
                    }
                }
            }
            #expect(try await queued(site).count == 1)
        }
    }
}
