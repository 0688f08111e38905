/// Which chunks of an upload lie where, and what follows from it.
///
/// A chunk's request does not say where its bytes belong. While the chunks before it are there it follows them, of
/// whatever lengths they are. Otherwise all chunks but the last are taken to be as long as those that are known.
struct ChunkMap: Equatable {
    typealias Place = UploadJournal.Place

    let total: Int
    private(set) var places: [Int: Place] = [:]
    /// Of all chunks that are there.
    private(set) var bytes: Int64 = 0

    init(total: Int, places: [Int: Place] = [:]) {
        self.total = total
        self.places = places.filter { (0..<total).contains($0.key) }
        bytes = self.places.values.reduce(0) { $0 + $1.length }
    }

    mutating func put(_ index: Int, _ place: Place) {
        lose(index)
        places[index] = place
        bytes += place.length
    }
    mutating func lose(_ index: Int) { bytes -= places.removeValue(forKey: index)?.length ?? 0 }
    mutating func loseAll() { (places, bytes) = ([:], 0) }

    /// Where a chunk begins; nil while that cannot be known.
    /// - Parameter length: the chunk's own, once that is known.
    func offset(of index: Int, length: Int64? = nil) -> Int64? {
        if index == 0 { return 0 }
        var end: Int64 = 0
        var isWhole = true
        for before in 0..<index {
            guard let place = places[before], place.offset == end else {
                isWhole = false
                break
            }
            end = place.end
        }
        if isWhole { return end }
        let unit = unit ?? (index < total - 1 ? length : nil)
        return unit.map { $0 * Int64(index) }
    }

    /// How long chunks are, as far as is known: as the first of those that are not the last.
    var unit: Int64? { places.filter { $0.key < total - 1 }.min { $0.key < $1.key }?.value.length }

    /// Chunks that are not there, or lie where they do not belong: what a client has to send.
    var missing: [Int] {
        var missing: [Int] = []
        var end: Int64? = 0
        let unit = unit
        for index in 0..<total {
            if let place = places[index], end == nil || place.offset == end {
                end = place.end
            } else {
                missing.append(index)
                end = end.flatMap { end in unit.map { end + $0 } }
            }
        }
        return missing
    }

    var received: [Int] {
        let missing = Set(missing)
        return (0..<total).filter { !missing.contains($0) }
    }

    /// Where the last of those that are there ends.
    var end: Int64 { places.values.map(\.end).max() ?? 0 }
}
