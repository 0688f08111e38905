/// A byte string that is looked for, by Horspool's algorithm: a boundary of 40 bytes lets it skip up to 40 at a time.
/// Source: https://doi.org/10.1002/spe.4380100608
struct BytePattern: Sendable {
    let bytes: [UInt8]
    /// By byte value: how far the window moves when it ends in that byte.
    private let skip: [Int]

    init(_ text: String) {
        bytes = Array(text.utf8)
        var skip = [Int](repeating: bytes.count, count: 256)
        for (index, byte) in bytes.dropLast().enumerated() { skip[Int(byte)] = bytes.count - 1 - index }
        self.skip = skip
    }

    /// Where it begins, or nil.
    func firstIndex(in haystack: UnsafeRawBufferPointer) -> Int? {
        let last = bytes.count - 1
        return bytes.withUnsafeBufferPointer { needle in
            skip.withUnsafeBufferPointer { skip in
                var start = 0
                while start + last < haystack.count {
                    let end = haystack[start + last]
                    if end == needle[last], (0..<last).allSatisfy({ haystack[start + $0] == needle[$0] }) {
                        return start
                    }
                    start += skip[Int(end)]
                }
                return nil
            }
        }
    }

    /// How many of the last bytes may be the beginning of it.
    func possibleStart(atEndOf haystack: UnsafeRawBufferPointer) -> Int {
        let most = min(bytes.count - 1, haystack.count)
        return (0...most).reversed().first { count in
            (0..<count).allSatisfy { haystack[haystack.count - count + $0] == bytes[$0] }
        } ?? 0
    }
}
