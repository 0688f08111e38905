public import Failures
import Foundation
public import Imagery

/// What can be said of a set of photos before an hour, or a GPU, is spent on it.
///
/// Where photos do not say enough, nothing is held against them.
public struct Preflight: Sendable {
    public let selection: ImageSet.Selection
    public let overlap: SetOverlap
    public let estimate: ProcessingEstimate
    public let time: ODMEstimate
    /// Sentences, beside those of the set itself.
    public private(set) var warnings: [String] = []
    /// Why the set is not processed.
    public private(set) var refusal: Failure?

    /// Photos that look further from straight down than this many degrees are of no use for a map. The tenth above the
    /// platform's 10 degrees is its tolerance.
    public static let largestTilt = 10.1
    public static let minimumPhotos = UnpackLimits().minimumPhotos

    public init(_ set: ImageSet, _ selection: ImageSet.Selection, on host: Host = Host()) {
        self.selection = selection
        overlap = SetOverlap(selection.photos)
        estimate = ProcessingEstimate(selection.photos)
        time = ODMEstimate(host.history, photos: selection.photos.count, megapixels: selection.megapixels)
        refusal =
            set.refusal ?? selection.refusal(minimum: Self.minimumPhotos) ?? positionRefusal(set)
            ?? overlapRefusal() ?? memoryRefusal(host)
        guard refusal == nil else { return }
        warnings = overlapWarnings() + hostWarnings(host)
    }

    private var photos: Int { selection.photos.count }
    /// ODM can work on parts of a set only where every photo has a position, and there are enough for two.
    private var canSplit: Bool { selection.placed == photos && photos >= 2 * ODMLadder.fewestInAPart }

    private func positionRefusal(_ set: ImageSet) -> Failure? {
        if selection.placed == 0, set.controlFiles.isEmpty { return .noPositions(photos) }
        // A few strays have wrong positions; ODM leaves them out. A tenth of a large set, or a third, was flown there.
        let far = overlap.far
        if far >= 8 && far * 10 >= selection.placed || far >= 3 && far * 3 >= selection.placed {
            return .severalFlights(overlap)
        }
        return nil
    }

    private func overlapRefusal() -> Failure? {
        // Photos of which nothing is known may fill any gap.
        guard overlap.known * 5 >= photos * 4, overlap.known > 1 else { return nil }
        if overlap.isOneSpot { return .oneSpot(photos) }
        return overlap.certainlyAlone * 2 > overlap.known ? .tooLittleOverlap(overlap) : nil
    }

    private func memoryRefusal(_ host: Host) -> Failure? {
        guard let memory = host.memory, Int64(estimate.leastMemory) > memory, !canSplit else { return nil }
        return .memoryTooSmall(
            photos, least: estimate.leastMemory, memory: memory, unplaced: photos - selection.placed)
    }

    private func overlapWarnings() -> [String] {
        var result: [String] = []
        if overlap.isOneSpot {
            result.append("all photos were taken at one spot; a map needs photos from different places")
        } else if overlap.repeated * 5 > photos {
            result.append("\(overlap.repeated) of \(photos) photos were taken at the same spot as another")
        }
        guard overlap.known > 1 else { return result }
        if overlap.alone > 0 {
            let verb = overlap.alone == 1 ? "overlaps" : "overlap"
            result.append(
                "\(overlap.alone) of \(photos) photos \(verb) no other by at least 30 %; "
                    + "what only they show will be missing")
        }
        if overlap.neighbours < min(4, (overlap.known + 1) / 2) {
            result.append(
                "the overlap is thin: half of the photos overlap \(overlap.neighbours) others or fewer by at least 30 %, "
                    + "so gaps are likely; 70 % along and across are usual")
        }
        return result
    }

    private func hostWarnings(_ host: Host) -> [String] {
        var result: [String] = []
        // A set that is split says so when it is planned.
        if let memory = host.memory, Int64(estimate.memory) > memory, !canSplit {
            result.append(
                "ODM will want about \(Gigabytes.memory(estimate.memory)) of memory for these photos and has "
                    + "\(Gigabytes.memory(Int(memory))); it may run out of it")
        }
        if let limit = host.timeLimit, let expected = time.expected, expected > .seconds(limit) {
            result.append(
                "ODM is expected to take about \(ODMEstimate.words(expected)), and is stopped after "
                    + "\(ODMEstimate.words(.seconds(limit)))")
        }
        return result
    }
}
