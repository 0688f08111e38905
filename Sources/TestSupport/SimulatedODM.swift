import Foundation
import Testing

/// Images of the ODM simulator, each with settings of its own in it.
public enum SimulatedODM {
    /// The image for these settings, made unless it is there.
    /// - Parameter settings: `ODM_SIM_…` without the beginning, e.g. `["FAULT": "oom-child"]`.
    /// - Returns: its tag.
    public static func image(_ settings: [String: String] = [:]) async throws -> String {
        try await Images.shared.image(settings.map { "ODM_SIM_\($0)=\($1)" }.sorted())
    }

    /// Runs the simulator as a program, without a container.
    public static func run(
        _ arguments: [String], _ settings: [String: String] = [:]
    ) async throws -> ProgramEnd {
        let named = Dictionary(uniqueKeysWithValues: settings.map { ("ODM_SIM_\($0)", $1) })
        return try await runProgram(
            BuiltProducts.path("odm-simulator"), arguments, settings: named.merging(["no_ansiesc": "1"]) { $1 })
    }
}

private actor Images {
    static let shared = Images()
    private var made: [String: Task<Void, any Error>] = [:]

    func image(_ settings: [String]) async throws -> String {
        let tag = Self.tag(of: settings)
        let making =
            made[tag]
            ?? Task {
                let script = BuiltProducts.repository.appending(path: "scripts/odm-simulator").path
                let end = try await runProgram(script, [tag] + settings)
                try #require(end.status == 0, "\(end.output)")
            }
        made[tag] = making
        try await making.value
        return tag
    }

    /// Readable, and different for different settings: FNV-1a of them at its end.
    private static func tag(of settings: [String]) -> String {
        let text = settings.joined(separator: "_").replacing("ODM_SIM_", with: "").lowercased()
        let hash = text.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        let readable = text.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? String($0) : "-" }.joined().prefix(80)
        return "deadtrees/odm-simulator:test-\(readable)-\(String(hash, radix: 16))"
    }
}
