import Failures
import Foundation

/// A small JSON file in a scratch folder that says how far a stage is, for whoever goes on with it.
protocol ScratchNote: Codable {}

extension ScratchNote {
    /// Nil where there is none, or where it was cut short, or an older version wrote less.
    init?(savedAt path: String) {
        guard let data = FileManager.default.contents(atPath: path),
            let note = try? JSONDecoder().decode(Self.self, from: data)  // see above
        else { return nil }
        self = note
    }

    /// - Throws: `Failure` with code `no_scratch`, worth a retry: a full or read-only disk gets better.
    func save(to path: String) throws {
        do {
            try JSONEncoder().encode(self).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw Failure(
                "no_scratch", "the worker could not write to its scratch folder; its disk may be full",
                detail: "\(path): \(error)", retry: .later)
        }
    }
}
