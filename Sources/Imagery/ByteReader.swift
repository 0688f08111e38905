/// Reads integers out of bytes that somebody else wrote. Out of bounds reads as nil.
struct ByteReader {
    let bytes: ArraySlice<UInt8>
    var isBigEndian = false

    init(_ bytes: ArraySlice<UInt8>, isBigEndian: Bool = false) {
        self.bytes = bytes
        self.isBigEndian = isBigEndian
    }

    func u16(_ offset: Int) -> Int? { integer(offset, width: 2).map(Int.init) }
    func u32(_ offset: Int) -> Int? { integer(offset, width: 4).map(Int.init) }
    /// Nil also for what does not fit a signed number: no file is that large.
    func u64(_ offset: Int) -> Int? { integer(offset, width: 8).flatMap { Int(exactly: $0) } }

    private func integer(_ offset: Int, width: Int) -> UInt64? {
        guard offset >= 0, offset <= bytes.count - width else { return nil }
        let start = bytes.startIndex + offset
        let field = bytes[start..<start + width]
        return isBigEndian
            ? field.reduce(0) { $0 << 8 | UInt64($1) }
            : field.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
