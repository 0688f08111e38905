/// Whose bytes are whose: no two chunks are ever written to the same place.
extension UploadSession {
    static func put(_ state: inout State, _ index: Int, _ place: Place) throws {
        try state.journal.have(index, place)
        state.map.put(index, place)
        state.lastUse = .now
    }

    /// A first chunk of another length begins another upload under the same name.
    static func restart(_ state: inout State) throws {
        for sink in state.writers.values { sink.stop() }
        (state.writers, state.copies) = ([:], [:])
        try state.journal.lostAll()
        state.map.loseAll()
    }

    /// How many bytes from `offset` on are nobody's; nil where somebody is writing there already. Who writes before it, and
    /// has not got there, is told to stay below.
    static func room(_ state: State, from offset: Int64) -> Int64? {
        for sink in state.writers.values where sink.offset <= offset && sink.limit > offset {
            guard sink.offset < offset, sink.shrink(to: offset) else { return nil }
        }
        let taken = Array(state.copies.values) + Array(state.map.places.values)
        if taken.contains(where: { $0.offset <= offset && $0.end > offset }) { return nil }
        let starts = state.writers.values.map(\.offset) + taken.map(\.offset)
        return starts.filter { $0 >= offset }.min().map { $0 - offset } ?? .max
    }

    /// Takes a place from all others: what is there is lost, who writes there is stopped or stays below.
    static func makeRoom(_ state: inout State, _ index: Int, _ place: Place) throws {
        for (other, taken) in state.map.places where other != index && taken.overlaps(place) {
            try state.journal.lost(other)
            state.map.lose(other)
        }
        for (other, taken) in state.copies where other != index && taken.overlaps(place) { state.copies[other] = nil }
        for (other, sink) in state.writers
        where other != index && sink.offset < place.end && sink.limit > place.offset {
            if sink.offset < place.offset, sink.shrink(to: place.offset) { continue }
            state.writers[other] = nil
            sink.stop()
        }
    }
}

extension UploadJournal.Place {
    func overlaps(_ other: Self) -> Bool { offset < other.end && other.offset < end }
}
