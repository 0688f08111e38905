import DB
import Failures
import NativeChild
import Testing

@testable import Tasks

@Suite struct TaskRegistryTests {
    /// A handler of which only the type matters here.
    private struct Named: TaskHandler {
        let type: TaskType
        let status = DatasetStatus.idle
        let flag = DoneFlag.cog
        init(_ name: String) { type = TaskType(rawValue: name) }
        func run(_ stage: StageContext) async throws -> StageResult { StageResult() }
    }

    private func registry(_ names: String...) throws -> TaskRegistry { try TaskRegistry(names.map(Named.init)) }

    private func failure(_ body: () throws -> Void) throws -> Failure {
        try #require(throws: Failure.self, performing: body)
    }

    @Test func stagesRunInTheRegistrysOrder() throws {
        let registry = try registry("odm_processing", "geotiff", "cog")
        let stages = try registry.stages(for: [TaskType(rawValue: "cog"), .odmProcessing, TaskType(rawValue: "cog")])
        #expect(stages.map(\.type.rawValue) == ["odm_processing", "cog"])
    }

    @Test func unknownAndMissingTypesArePermanent() throws {
        let registry = try registry("geotiff")
        let unknown = try failure { _ = try registry.stages(for: [.geotiff, TaskType(rawValue: "magic"), .cog]) }
        #expect(unknown.code == "unknown_task_type")
        #expect(unknown.retry == .never)
        #expect(unknown.sentence == "the queue row names task types that no worker knows: magic, cog")
        #expect(try failure { _ = try registry.stages(for: []) }.sentence == "the queue row names no task type")
    }

    @Test func onlyAndExceptLimit() throws {
        let registry = try registry("odm_processing", "geotiff", "cog")
        #expect(try registry.limited(only: nil, except: []).types == registry.types)
        #expect(try registry.limited(only: ["cog", "geotiff"], except: []).types == [.geotiff, .cog])
        #expect(try registry.limited(only: nil, except: ["odm_processing"]).types == [.geotiff, .cog])
        #expect(try registry.limited(only: ["cog", "geotiff"], except: ["cog"]).types == [.geotiff])
        for (only, except) in [(["magic"], []), (nil, ["magic"])] as [([String]?, [String])] {
            let failure = try failure { _ = try registry.limited(only: only, except: except) }
            #expect(failure.code == "unknown_task_type")
            #expect(failure.sentence.contains("\"magic\"") && failure.sentence.contains("odm_processing, geotiff, cog"))
        }
    }

    @Test func twoHandlersOfOneTypeAreRefused() throws {
        #expect(try failure { _ = try registry("cog", "geotiff", "cog") }.code == "doubled_task_type")
    }

    @Test func nativeWorkHasNamesOfItsOwn() {
        let names = TaskRegistry.nativeWork.map { $0.name }
        #expect(Set(names).count == names.count && !names.isEmpty)
    }
}
