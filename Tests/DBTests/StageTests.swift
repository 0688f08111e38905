import DB
import Failures
import TestSupport
import Testing

@Suite(.enabled(if: TestDatabase.isAvailable, "DATABASE_URL is not set: run the tests through make test"))
struct StageTests {
    private func artefact(_ path: String, bytes: Int64 = 3 << 20) -> ArtefactRecord {
        ArtefactRecord(fileName: "1_cog.tif", path: path, bytes: bytes, info: "{\"a\": 1}", runtime: 1.5)
    }

    @Test func claimingShowsTheFirstStageAndTakesBackWhatWasSaidBefore() async throws {
        try await TestDatabase.with { test in
            _ = try await test.enqueue(test.addDataset(), ["thumbnail", "cog"])
            try await test.sql("UPDATE v2_statuses SET has_error = true, error_message = 'old', is_cog_done = true")
            let worker = try await test.addWorker("w", types: TestDatabase.everyType)
            #expect(try await test.claim(worker).map(\.stage) == [.cog])
            let status = "SELECT concat_ws('|', current_status, is_cog_done, has_error, error_message) FROM v2_statuses"
            #expect(try await test.text(status) == "cog_processing|f|f")
            #expect(try await test.text("SELECT stage FROM v2_queue_lease") == "cog")
            #expect(try await test.count("v2_task_runs", "task_type = 'cog' AND outcome IS NULL") == 1)
        }
    }

    @Test func theNextStageBeginsWithTheEndOfTheOneBefore() async throws {
        try await TestDatabase.with { test in
            let claimed = try await test.addClaimed(["cog", "thumbnail"])
            try await test.queue.complete(claimed.job, .cog, next: .thumbnail)
            #expect(
                try await test.text("SELECT concat_ws('|', current_status, is_cog_done) FROM v2_statuses")
                    == "thumbnail_processing|t")
            #expect(try await test.text("SELECT stage FROM v2_queue_lease") == "thumbnail")
            let runs =
                "SELECT string_agg(task_type || ' ' || coalesce(outcome, 'open'), ', ' ORDER BY id) FROM v2_task_runs"
            #expect(try await test.text(runs) == "cog succeeded, thumbnail open")
            // The answer may be lost on its way: to write it again changes nothing.
            try await test.queue.complete(claimed.job, .cog, next: .thumbnail)
            #expect(try await test.text(runs) == "cog succeeded, thumbnail open")
            for _ in 0..<2 { try await test.queue.complete(claimed.job, .thumbnail) }
            #expect(try await test.text(runs) == "cog succeeded, thumbnail succeeded")
            #expect(try await test.text("SELECT concat_ws('|', outcome, attempts) FROM v2_requests") == "succeeded|1")
            #expect(try await test.count("v2_queue") + test.count("v2_queue_lease") == 0)
        }
    }

    @Test func aRefusedRecordKeepsNoneOfTheOthersFromBeingWritten() async throws {
        try await TestDatabase.with { test in
            for _ in 0..<3 { _ = try await test.enqueue(test.addDataset(), ["cog"]) }
            let jobs = try await test.claim(test.addWorker("w", types: TestDatabase.everyType))
            let ends = jobs.enumerated().map { number, job in
                StageEnd(
                    token: job.token, datasetID: job.datasetID, kind: .of(.cog), measures: StageMeasures(),
                    records: [.metadata(json: number == 1 ? "not json" : "{}", runtime: 1)], next: nil)
            }
            let refused = try await test.queue.complete(ends)
            #expect(refused.mapValues(\.code) == [jobs[1].queueID: "database_error"])
            #expect(try await test.count("v2_requests", "outcome = 'succeeded'") == 2)
            #expect(try await test.count("v2_metadata") == 2)
            #expect(try await test.queue.holders().keys.sorted() == [jobs[1].queueID])
        }
    }

    @Test func completingWritesRowsFlagAndHistoryTogether() async throws {
        try await TestDatabase.with { test in
            let claimed = try await test.addClaimed(["cog"])
            let (dataset, record) = (claimed.job.datasetID, artefact("u/1_cog.tif"))
            let measures = StageMeasures(peakMemoryBytes: 42, detail: "{\"b\": 2}")
            try await test.queue.complete(claimed.job, .cog, measures: measures, records: [.cog(record)])
            #expect(
                try await test.text("SELECT concat_ws('|', cog_path, cog_file_size, cog_info) FROM v2_cogs")
                    == "u/1_cog.tif|3|{\"a\": 1}")
            #expect(
                try await test.text("SELECT concat_ws('|', current_status, is_cog_done) FROM v2_statuses") == "idle|t")
            let run =
                "SELECT concat_ws('|', outcome, peak_memory_bytes, detail, finished_at >= started_at) FROM v2_task_runs"
            #expect(try await test.text(run) == "succeeded|42|{\"b\": 2}|t")
            #expect(try await test.queue.storedArtefacts(of: dataset).cogPath == "u/1_cog.tif")
        }
    }

    @Test func aRecordThatFailsLeavesNothing() async throws {
        try await TestDatabase.with { test in
            let claimed = try await test.addClaimed(["cog"])
            let records: [StageRecord] = [
                .cog(artefact("u/1_cog.tif")), .metadata(json: "not json", runtime: 1),
            ]
            await #expect(throws: DatabaseError.self) {
                try await test.queue.complete(claimed.job, .cog, records: records)
            }
            #expect(try await test.count("v2_cogs") == 0)
            #expect(try await test.count("v2_statuses", "is_cog_done") == 0)
            #expect(try await test.count("v2_task_runs", "outcome IS NULL") == 1)
        }
    }

    @Test func recordsOfARunAgainReplaceThoseBefore() async throws {
        try await TestDatabase.with { test in
            let dataset = try await test.addDataset()
            let ortho = OrthoRecord(
                fileName: "1_ortho.tif", bytes: 5, bbox: "BOX(8 48,10 50)", sha256: "ab", info: "{}", runtime: nil)
            for path in ["a/x.tif", "b/x.tif"] {
                let record = artefact(path, bytes: 7)
                try await test.database.transaction {
                    for record: StageRecord in [
                        .ortho(ortho), .processedOrtho(ortho), .cog(record), .thumbnail(record),
                        .metadata(json: "{\"gadm\": null}", runtime: 0.1),
                    ] {
                        try $0.write(record, of: dataset)
                    }
                }
            }
            let stored = try await test.queue.storedArtefacts(of: dataset)
            #expect(stored.cogPath == "b/x.tif" && stored.thumbnailPath == "b/x.tif")
            #expect(stored.centre?.longitude == 9 && stored.centre?.latitude == 49)
            // A thumbnail's size is in bytes, all others' in MiB and at least 1.
            let sizes =
                "SELECT (SELECT thumbnail_file_size FROM v2_thumbnails) || '|' || (SELECT cog_file_size FROM v2_cogs)"
            #expect(try await test.text(sizes) == "7|1")
        }
    }

    @Test func rawImagesAreCorrectedAndADateIsOnlyFilledIn() async throws {
        try await TestDatabase.with { test in
            let dataset = try await test.addDataset()
            #expect(try await test.queue.rawImagesPath(of: dataset) == nil)
            try await test.sql(
                """
                INSERT INTO v2_raw_images (dataset_id, raw_image_count, raw_image_size_mb, raw_images_path)
                VALUES (\(dataset), 1, 1, 'raw_images/\(dataset).zip')
                """)
            #expect(try await test.queue.rawImagesPath(of: dataset) == "raw_images/\(dataset).zip")
            for day in [(2023, 7, 14), (2024, 1, 1)].map(RawImagesRecord.Day.init) {
                let record = RawImagesRecord(
                    imageCount: 300, bytes: 5 << 30, hasRTK: true, rtkPrecision: 1234.5, rtkQuality: 5, rtkFileCount: 2,
                    cameraMetadata: "{}", acquired: day)
                try await test.database.transaction { try $0.write(.rawImages(record), of: dataset) }
            }
            let row = "SELECT concat_ws('|', raw_image_count, raw_image_size_mb, rtk_precision_cm) FROM v2_raw_images"
            #expect(try await test.text(row) == "300|5120|99.99")
            let date = "SELECT concat_ws('-', aquisition_year, aquisition_month, aquisition_day) FROM v2_datasets"
            #expect(try await test.text(date) == "2023-7-14")
        }
    }

    @Test func aFailureIsForTheResearcherToRead() async throws {
        try await TestDatabase.with { test in
            let claimed = try await test.addClaimed(["cog"])
            // A dataset that has no status gets one: its researcher would read of the failure nowhere else.
            try await test.sql("DELETE FROM v2_statuses")
            try await test.queue.fail(
                claimed.token, datasetID: claimed.job.datasetID, outcome: .failed,
                failure: Failure("bad_tiff", "the file is damaged", detail: "TIFFReadTile: …"),
                sentence: "cog: the file is damaged", measures: StageMeasures())
            #expect(
                try await test.text("SELECT concat_ws('|', current_status, has_error, error_message) FROM v2_statuses")
                    == "idle|t|cog: the file is damaged")
            #expect(try await test.text("SELECT error_code FROM v2_task_runs") == "bad_tiff")
            #expect(try await test.count("v2_queue") + test.count("v2_queue_lease") == 0)
        }
    }

    @Test func theGPUIsFreeOnceODMIsDoneWhileTheRowGoesOn() async throws {
        try await TestDatabase.with { test in
            let claimed = try await test.addClaimed(["odm_processing", "geotiff"])
            _ = try await test.enqueue(test.addDataset(), ["odm_processing"])
            let next = try #require(try await test.claim(claimed.worker).first)
            #expect(try await test.queue.holdSlot(next.token, host: "w") == false)
            try await test.queue.complete(claimed.job, .odm, next: .geotiff)
            #expect(
                try await test.text("SELECT is_odm_done FROM v2_statuses WHERE dataset_id = \(claimed.job.datasetID)")
                    == "true")
            #expect(try await test.queue.holdSlot(next.token, host: "w"))
            #expect(try await test.queue.holdSlot(claimed.token, host: "w") == false)
        }
    }

    @Test func aSlotIsHeldOnceFreedAndTakenAgain() async throws {
        try await TestDatabase.with { test in
            let claimed = try await test.addClaimed(["odm_processing"])
            #expect(try await test.queue.holdSlot(claimed.token, host: "w"))
            try await test.queue.freeSlot(claimed.token, container: nil, exitCode: nil)
            #expect(try await test.text("SELECT gpu_slot FROM v2_queue_lease") == nil)
            #expect(try await test.queue.holdSlot(claimed.token, host: "w"))
            #expect(try await test.text("SELECT gpu_slot FROM v2_queue_lease") == "gpu0")
            try await test.queue.freeSlot(claimed.token, container: nil, exitCode: nil)
            try await test.sql("UPDATE v2_gpu_slots SET host = 'elsewhere'")
            #expect(try await test.queue.holdSlot(claimed.token, host: "w") == false)
        }
    }

    @Test func aPauseHoldsUpRunsThatHaveNotBegunAndADrainSendsThemAway() async throws {
        try await TestDatabase.with { test in
            let claimed = try await test.addClaimed(["odm_processing"])
            try await test.queue.freeSlot(claimed.token, container: nil, exitCode: nil)
            try await test.sql("SELECT v2_pause('a new GPU')")
            #expect(try await test.queue.holdSlot(claimed.token, host: "w", isNew: true) == false)
            #expect(try await test.queue.whatHoldsUp(claimed.token) == "the queue is paused")
            // A container that runs already keeps its slot.
            #expect(try await test.queue.holdSlot(claimed.token, host: "w"))
            try await test.sql("SELECT v2_resume()")
            try await test.sql("SELECT v2_drain('w')")
            let failure = try await #require(throws: Failure.self) { try await test.queue.whatHoldsUp(claimed.token) }
            #expect(failure.code == "worker_drained")
        }
    }
}
