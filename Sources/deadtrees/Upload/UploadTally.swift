import Foundation
import Web

/// How far an upload is, and how fast.
struct UploadTally: Sendable {
    private let source: UploadSource
    /// Chunks that the server has.
    private(set) var arrived: Set<Int> = []
    /// How often a chunk arrived: grows as long as there is progress.
    private(set) var arrivals = 0
    /// Bytes that are on their way, by chunk.
    private var underWay: [Int: Int64] = [:]
    /// Bytes sent since the beginning, those sent in vain too.
    private var moved: Int64 = 0
    private var samples: [(time: ContinuousClock.Instant, moved: Int64)] = []
    private var storingSince: ContinuousClock.Instant?

    /// The pace is that of the last seconds.
    private static let window = Duration.seconds(10)

    init(_ source: UploadSource) { self.source = source }

    /// The server has all chunks but these.
    mutating func begin(missing: Set<Int>) {
        arrived = Set(0..<source.chunkCount).subtracting(missing)
    }

    mutating func sent(_ bytes: Int64, of chunk: Int) {
        // The request has some bytes more than the chunk.
        let bytes = min(bytes, source.range(of: chunk).count)
        moved += max(0, bytes - (underWay[chunk] ?? 0))
        underWay[chunk] = bytes
    }

    mutating func lost(_ chunk: Int) { underWay[chunk] = nil }

    mutating func arrived(_ chunk: Int) {
        underWay[chunk] = nil
        arrived.insert(chunk)
        arrivals += 1
    }

    /// Whether everything is sent, and the server has the word.
    var isStoring: Bool { done >= source.file.bytes }

    private var done: Int64 {
        let arrivedBytes = arrived.reduce(0) { $0 + source.range(of: $1).count }
        return underWay.reduce(arrivedBytes) { arrived.contains($1.key) ? $0 : $0 + $1.value }
    }

    /// For people, at this moment; `[#####-----]  50 %  524 of 1049 MB, 24.1 MB/s, 22 s left`.
    mutating func line(barWidth: Int) -> String {
        let now = ContinuousClock.now
        guard !isStoring else {
            let since = storingSince ?? now
            storingSince = since
            return "checking and storing" + (now > since ? ", \(Output.duration((now - since) / .seconds(1)))" : "")
        }
        storingSince = nil
        samples.append((now, moved))
        samples.removeAll { now - $0.time > Self.window }
        let (done, total) = (done, source.file.bytes)
        let share = Double(done) / Double(total)
        let filled = Int(share * Double(barWidth))
        let bar = String(repeating: "#", count: filled) + String(repeating: "-", count: barWidth - filled)
        let amounts = String(format: "%3d %%  %lld of %lld MB", Int(share * 100), done / 1_000_000, total / 1_000_000)
        return (barWidth > 0 ? "[\(bar)] " : "") + amounts + pace(left: total - done)
    }

    /// Nothing where nothing moves.
    private func pace(left: Int64) -> String {
        guard let first = samples.first, let last = samples.last, last.moved > first.moved else { return "" }
        let perSecond = Double(last.moved - first.moved) / ((last.time - first.time) / .seconds(1))
        return String(format: ", %.1f MB/s, ", perSecond / 1e6) + Output.duration(Double(left) / perSecond) + " left"
    }
}
