internal import Failures

/// Decoded photos within a bound of memory, least recently used first out.
struct PhotoCache {
    private var held: [Int: (pixels: PhotoPixels, lastUse: Int)] = [:]
    private var use = 0
    private let capacity: Int
    private let threads: Int

    /// `capacity` in bytes. What one call asks for is held in any case.
    init(capacity: Int = 384 << 20, threads: Int) {
        self.capacity = capacity
        self.threads = threads
    }

    /// Decodes what is missing, several photos at a time.
    mutating func pixels(of wanted: Set<Int>, views: [PhotoView], resolution: Double) throws -> [Int: PhotoPixels] {
        use += 1
        let missing = wanted.filter { held[$0] == nil }.sorted()
        let decoded = Parallel.map(missing, threads: threads) { index in
            Result { try PhotoPixels(path: views[index].path, targetWidth: views[index].decodedWidth(for: resolution)) }
        }
        for (index, result) in zip(missing, decoded) { held[index] = (try result.get(), use) }
        for index in wanted { held[index]?.lastUse = use }
        let result = held.filter { wanted.contains($0.key) }.mapValues(\.pixels)
        trim()
        return result
    }

    private mutating func trim() {
        var size = held.values.reduce(0) { $0 + $1.pixels.byteCount }
        for (index, entry) in held.sorted(by: { $0.value.lastUse < $1.value.lastUse }) {
            guard size > capacity, entry.lastUse < use else { return }
            held[index] = nil
            size -= entry.pixels.byteCount
        }
    }
}
