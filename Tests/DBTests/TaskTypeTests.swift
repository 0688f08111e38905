import DB
import TestSupport
import Testing

@Suite(.enabled(if: TestDatabase.isAvailable, "DATABASE_URL is not set: run the tests through make test"))
struct TaskTypeTests {
    private func stored(_ types: String) async throws -> String? {
        try await TestDatabase.with { test in
            let dataset = try await test.addDataset()
            try await test.sql(Self.insert(dataset, types))
            return try await test.text("SELECT task_types FROM v2_queue")
        }
    }

    private func refusal(_ types: String) async throws -> String {
        try await TestDatabase.with { test in
            let dataset = try await test.addDataset()
            let message = try await test.refusal(of: Self.insert(dataset, types))
            #expect(try await test.count("v2_queue") == 0)
            return message
        }
    }

    private static func insert(_ dataset: Int64, _ types: String) -> String {
        "INSERT INTO v2_queue (dataset_id, user_id, task_types) VALUES (\(dataset), '\(TestDatabase.user)', \(types))"
    }

    @Test func anUnknownTypeIsRefusedAndTheSentenceNamesTheKnownOnes() async throws {
        let message = try await refusal("'{geotiff,geotif}'")
        #expect(message.contains("unknown task type: geotif; known are: odm_processing, geotiff, metadata, cog"))
    }

    @Test(arguments: ["NULL", "'{}'"]) func aRowWithoutTypesIsRefused(_ types: String) async throws {
        #expect(try await refusal(types).contains("a queue row needs at least one task type"))
    }

    @Test func aNullAmongTheTypesIsRefused() async throws {
        #expect(try await refusal("ARRAY['geotiff', NULL]").contains("unknown task type: null"))
    }

    @Test func aliasesAreStoredUnderTheirNamesAndEachTypeOnce() async throws {
        #expect(try await stored("'{treecover,deadwood,deadwood_v1}'") == "{treecover_v1,deadwood_v1}")
        #expect(try await stored("'{cog,geotiff,cog}'") == "{cog,geotiff}")
    }

    @Test func anUpdateIsCheckedToo() async throws {
        try await TestDatabase.with { test in
            _ = try await test.enqueue(test.addDataset(), ["geotiff"])
            #expect(
                try await test.refusal(of: "UPDATE v2_queue SET task_types = '{nonsense}'").contains(
                    "unknown task type"))
            try await test.sql("UPDATE v2_queue SET task_types = '{odm_processing,deadwood}'")
            #expect(try await test.text("SELECT task_types FROM v2_queue") == "{odm_processing,deadwood_v1}")
            #expect(try await test.text("SELECT needs_gpu FROM v2_queue") == "true")
        }
    }
}
