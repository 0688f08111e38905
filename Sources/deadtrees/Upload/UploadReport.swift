import Failures
import Foundation

/// What an upload led to.
struct UploadReport: Sendable {
    let dataset: UploadedDataset
    let place: QueuePlace?

    /// Uploads, and queues what is ordered. Who interrupts it is told how to go on.
    static func making(_ upload: Upload, _ order: ProcessingOrder?) async throws -> UploadReport {
        let progress = upload.progress
        return try await progress.whileShown {
            do {
                let dataset = try await upload.run()
                let place = try await order.asyncMap { try await upload.queue(dataset, $0) }
                return UploadReport(dataset: dataset, place: place)
            } catch is CancellationError {
                throw Failure.uploadStopped(progress.arrived, of: upload.source.chunkCount)
            } catch {
                let isOver = Failure(error).code == "upload_file_changed"
                if progress.arrived > 0 && !isOver { progress.note(progress.howToGoOn) }
                throw error
            }
        }
    }

    func show(asJSON: Bool) throws {
        guard !asJSON else { return try showJSON() }
        print("dataset \(dataset.id)")
        guard let place else { return }
        print("queued as \(place.id)" + (place.currentPosition.map { ", position \($0)" } ?? ""))
    }

    /// The server's own words, whatever they are: a newer server has fields that are not known here.
    private func showJSON() throws {
        var object = try JSONSerialization.jsonObject(with: dataset.json) as? [String: Any] ?? [:]
        if let place { object["queue"] = try JSONSerialization.jsonObject(with: place.json) }
        let options: JSONSerialization.WritingOptions = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        print(String(decoding: try JSONSerialization.data(withJSONObject: object, options: options), as: UTF8.self))
    }
}

extension Optional where Wrapped: Sendable {
    fileprivate func asyncMap<Result>(_ transform: (Wrapped) async throws -> Result) async throws -> Result? {
        guard let self else { return nil }
        return try await transform(self)
    }
}
