import DB
import Foundation
import TestSupport
import Testing

@Suite(needsDatabase)
struct DoctorTests {
    private func checks(_ command: CommandUnderTest) async throws -> [String: JSON] {
        let checks = try #require(await command.run("doctor", "--json").json["checks"]).items
        return Dictionary(uniqueKeysWithValues: checks.map { ($0["check"]?.text ?? "", $0) })
    }

    @Test(needsDocker) func aHealthyHostWithoutAGPUEndsWithZero() async throws {
        try await DockerUnderTest.makeImage()
        try await withCommand(docker: DockerUnderTest.host) { test, command in
            var command = command
            command.environment["ODM_IMAGE"] = DockerUnderTest.image
            command.environment["ODM_GPU"] = "auto"
            _ = try await test.addWorker("gpu-1", types: [])
            let ended = try await command.run("doctor", "--json")
            #expect(ended.exitCode == 0, "\(ended.output)")
            let json = try ended.json
            #expect(json["is_healthy"] == .bool(true))
            let checks = try #require(json["checks"]).items
            #expect(
                checks.map { $0["check"]?.text } == [
                    "database", "postgis", "clock", "listen", "rights", "schema", "triggers", "leases",
                    "running rows", "workers", "odm workers", "watchdogs", "queue",
                    "storage", "storage files", "storage space", "storage speed", "work folder", "docker",
                    "docker live-restore", "odm image", "gpu",
                ])
            #expect(checks.allSatisfy { $0.keys == ["check", "state", "found", "advice", "code"] })
            let table = try await command.run("doctor")
            #expect(table.lines.count == checks.count + 1)
            #expect(table.lines[0].hasPrefix("CHECK"))
            #expect(table.output.contains(/listen +ok +a notification arrived/))
        }
    }

    @Test func anUnreachableDatabaseFailsAloneAndEndsWithSixtyNine() async throws {
        let command = try CommandUnderTest(database: "postgres://me:geheim@127.0.0.1:1/none", folder: TemporaryFolder())
        let ended = try await command.run("doctor", "--json")
        #expect(ended.exitCode == 69)
        #expect(!ended.output.contains("geheim") && !ended.errors.contains("geheim"))
        let checks = try #require(ended.json["checks"]).items
        #expect(
            checks.map { $0["check"]?.text } == [
                "database", "storage", "storage files", "storage space", "storage speed", "work folder", "docker",
            ])
        #expect(checks[0]["code"]?.text == "database_unreachable")
        #expect(checks[1]["state"]?.text == "ok")
        #expect(checks.last?["code"]?.text == "docker_unreachable")
    }

    @Test func anEmptyDatabaseIsToldToMigrate() async throws {
        try await TestDatabase.withEmpty { test in
            let command = try CommandUnderTest(database: test.url, folder: TemporaryFolder())
            let ended = try await command.run("doctor")
            #expect(ended.exitCode != 0)
            #expect(ended.output.contains(/postgis +failed +PostGIS is not installed/))
            #expect(ended.output.contains(/schema +failed .* run deadtrees migrate/))
            #expect(!ended.output.contains("triggers"))
        }
    }

    @Test func triggersThatAreDisabledOrGoneAreNamed() async throws {
        try await withCommand { test, command in
            try await test.sql("ALTER TABLE v2_queue DISABLE TRIGGER v2_queue_notify_insert")
            let disabled = try #require(await checks(command)["triggers"])
            #expect(disabled["state"]?.text == "failed")
            #expect(disabled["found"]?.text == "disabled: v2_queue_notify_insert on v2_queue")
            try await test.sql("DROP TRIGGER v2_leases_deleted ON v2_queue_lease")
            let missing = try #require(await checks(command)["triggers"])
            #expect(missing["found"]?.text == "missing: v2_leases_deleted on v2_queue_lease")
        }
    }

    @Test func migrationsThatAreMissingFail() async throws {
        try await withCommand { test, command in
            try await test.sql("DELETE FROM v2_schema_migrations WHERE name LIKE '0014%'")
            let schema = try #require(await checks(command)["schema"])
            #expect(schema["state"]?.text == "failed")
            #expect(schema["advice"]?.text == "run deadtrees migrate")
        }
    }

    @Test func rowsThatNobodyLooksAfterAreWarnings() async throws {
        try await withCommand { test, command in
            let geotiff = TaskType(rawValue: "geotiff")
            let worker = try await test.addWorker("gpu-1", types: [geotiff])
            let silent = try await test.enqueue(test.addDataset(), ["geotiff"])
            _ = try await test.queue.claim(for: worker, taskTypes: [geotiff], limit: 1, lease: .seconds(90))
            try await test.sql("UPDATE v2_queue_lease SET heartbeat_at = now() - interval '12 minutes'")
            try await test.sql("UPDATE v2_workers SET heartbeat_at = now() - interval '12 minutes'")
            let orphan = try await test.enqueue(test.addDataset(), ["geotiff"])
            try await test.sql("UPDATE v2_queue SET is_processing = true WHERE id = $1", [.int(orphan)])
            try await test.sql("SELECT v2_pause('disk being replaced')")

            let checks = try await checks(command)
            for name in ["leases", "running rows", "workers", "queue"] {
                #expect(checks[name]?["state"]?.text == "warning")
            }
            #expect(checks["leases"]?["found"]?.text == "no heartbeat: row \(silent) of gpu-1 for 12 min")
            #expect(checks["running rows"]?["found"]?.text == "marked as running, but no worker holds them: \(orphan)")
            #expect(checks["workers"]?["found"]?.text == "0 alive; gone without a word: gpu-1")
            #expect(checks["queue"]?["found"]?.text?.hasSuffix("disk being replaced") == true)
        }
    }

    @Test func aWorkerIsMissedByItsOwnLeaseAndNotWhenItWasDrained() async throws {
        try await withCommand { test, command in
            let geotiff = TaskType(rawValue: "geotiff")
            _ = try await test.addWorker("gpu-1", types: [geotiff])
            try await test.sql("UPDATE v2_workers SET heartbeat_at = now() - interval '2 minutes'")
            #expect(try await checks(command)["workers"]?["found"]?.text == "1 alive")
            try await test.sql("UPDATE v2_workers SET gone_after = '90 s'")
            #expect(try await checks(command)["workers"]?["found"]?.text == "0 alive; gone without a word: gpu-1")
            try await test.sql("SELECT v2_drain('gpu-1')")
            #expect(try await checks(command)["workers"]?["found"]?.text == "none is alive")
        }
    }

    @Test func aHostThatCannotRunODMIsAWarningUntilItHeals() async throws {
        try await withCommand { test, command in
            let worker = try await test.addWorker("gpu-1", types: [TaskType(rawValue: "odm_processing")])
            _ = try await test.addWorker("cpu-1", types: [TaskType(rawValue: "geotiff")])
            #expect(try await checks(command)["odm workers"]?["found"]?.text == "1 alive, none refuses ODM")
            try await test.queue.refuseODM(worker, because: "this worker's host has no GPU")
            let ill = try #require(await checks(command)["odm workers"])
            #expect(ill["state"]?.text == "warning")
            #expect(
                ill["found"]?.text == "1 of 1 claim no ODM rows: gpu-1 on gpu-1: this worker's host has no GPU")
            try await test.queue.leave(worker)
            #expect(try await checks(command)["odm workers"]?["state"]?.text == "ok", "who has stopped claims nothing")
        }
    }

    @Test func aWatchdogThatDoesNotLookIsAWarning() async throws {
        try await withCommand { test, command in
            let worker = try await test.addWorker("gpu-1", types: [TaskType(rawValue: "odm_processing")])
            _ = try await test.addWorker("cpu-1", types: [TaskType(rawValue: "geotiff")])
            #expect(try await checks(command)["watchdogs"]?["found"]?.text == "1 look at their host's containers")
            try await test.sql("UPDATE v2_workers SET started_at = now() - interval '3 minutes'")
            let never = try #require(await checks(command)["watchdogs"])
            #expect(never["state"]?.text == "warning")
            #expect(never["found"]?.text == "have not seen their host's containers: gpu-1 on gpu-1 for 3 min")
            #expect(try await test.queue.beat(worker, running: [], note: nil, watchdogAge: .seconds(20)))
            #expect(try await checks(command)["watchdogs"]?["state"]?.text == "ok")
            try await test.sql("UPDATE v2_workers SET watchdog_at = now() - interval '9 minutes'")
            #expect(try await checks(command)["watchdogs"]?["found"]?.text?.hasSuffix("gpu-1 for 9 min") == true)
        }
    }

    @Test func aRoleThatLacksRightsIsToldWhich() async throws {
        try await withCommand { test, command in
            let ok = try #require(await checks(command)["rights"])
            #expect(ok["found"]?.text?.hasSuffix(" may do what a worker does") == true)
            try await test.sql("REVOKE ALL ON v2_queue_lease FROM deadtrees_worker")
            let none = try #require(await checks(command)["rights"])
            #expect(none["state"]?.text == "warning")
            #expect(none["advice"]?.text?.contains("SELECT v2_grant_worker_rights()") == true)
            try await test.sql("SELECT v2_grant_worker_rights()")

            let name = "login_\(UUID().uuidString.lowercased().replacing("-", with: "_"))"
            try await test.sql("CREATE ROLE \(name) LOGIN")
            var address = try #require(URLComponents(string: test.url))
            address.user = name
            var stranger = command
            stranger.environment["DATABASE_URL"] = address.string
            let lacks = try await checks(stranger)
            try await test.sql("DROP ROLE \(name)")
            #expect(lacks["schema"] == nil, "which would seem to be missing")
            #expect(lacks["rights"]?["state"]?.text == "failed")
            #expect(
                lacks["rights"]?["found"]?.text?.hasPrefix(
                    "\(name) lacks DELETE on v2_dataset_warnings, DELETE on v2_queue, ") == true)
            #expect(lacks["rights"]?["advice"]?.text == "run GRANT deadtrees_worker TO \"\(name)\"")
        }
    }

    @Test(.enabled(if: PrivateSSHServer.whyNot == nil)) func storageOverSSHIsExaminedStepByStep() async throws {
        try await PrivateSSHServer.with { server in
            try await withCommand { _, command in
                var command = command
                command.environment["STORAGE_URL"] = "sftp://\(server.user)@127.0.0.1:\(server.port)\(server.storage)"
                command.environment["STORAGE_SSH_KEY"] = server.key
                command.environment["STORAGE_KNOWN_HOSTS"] = server.knownHosts
                let good = try await checks(command)
                for name in ["storage", "storage files", "storage speed"] {
                    #expect(good[name]?["state"]?.text == "ok", "\(name): \(good[name]?["found"]?.text ?? "")")
                }
                let place = try #require(good["storage"]?["found"]?.text)
                #expect(place.contains("\(server.user)@127.0.0.1:\(server.port)"))
                #expect(place.contains("ssh-ed25519 SHA256:"))
                #expect(good["storage space"]?["found"]?.text?.contains("GiB free") == true)
                #expect(good["storage speed"]?["found"]?.text?.contains("MB/s there") == true)
                try server.letIn("host_ecdsa")
                let refused = try await checks(command)
                #expect(refused["storage"]?["code"]?.text == "storage_login_refused")
                #expect(refused["storage files"] == nil && refused["work folder"] != nil)
            }
        }
    }

    @Test func storageThatCannotBeWrittenFails() async throws {
        try await withCommand { _, command in
            var command = command
            command.environment["STORAGE_URL"] = "file:///proc/deadtrees"
            command.environment["WORK_DIR"] = "/proc/deadtrees"
            let ended = try await command.run("doctor", "--json")
            let failed = try #require(ended.json["checks"]).items.filter { $0["state"]?.text == "failed" }
            #expect(failed.map { $0["check"]?.text } == ["storage files", "storage speed", "work folder", "docker"])
        }
    }
}
