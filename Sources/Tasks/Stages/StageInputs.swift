import Foundation
import NativeChild
import Storage

/// What stages read. Each finds it in the scratch folder, where an earlier stage of the same attempt has left it,
/// or makes it again from storage: so that a retry can begin at any stage.
extension StageContext {
    /// The orthophoto as ODM or the uploader made it.
    func originalOrtho(as range: ClosedRange<Double>) async throws -> String {
        let local = scratch.originalOrtho(datasetID)
        if FileManager.default.fileExists(atPath: local) { return local }
        try await storage.fetch(
            .ortho(of: datasetID), to: local, progress: transfer(range, "fetching the orthophoto"))
        return local
    }

    /// The standard copy. It is kept nowhere but in scratch.
    func standardOrtho(as range: ClosedRange<Double>) async throws -> String {
        let local = scratch.standardOrtho(datasetID)
        if FileManager.default.fileExists(atPath: local) { return local }
        let middle = (range.lowerBound + range.upperBound) / 2
        let original = try await originalOrtho(as: range.lowerBound...middle)
        _ = try await native(
            StandardiseOrtho(input: original, output: local), as: middle...range.upperBound,
            "standardising the orthophoto")
        return local
    }

    /// The COG where this attempt has made one, else the standard copy: either serves for a thumbnail.
    func cogOrStandardOrtho(as range: ClosedRange<Double>) async throws -> String {
        let cog = scratch.cog(datasetID)
        if FileManager.default.fileExists(atPath: cog) { return cog }
        return try await standardOrtho(as: range)
    }
}
