import Glibc

extension String {
    /// As `contains`, but fast enough for logs of a million lines, in debug builds, too.
    func holds(_ text: StaticString) -> Bool {
        var copy = self  // Shares its bytes: withUTF8 changes nothing where they are contiguous already.
        return copy.withUTF8 { bytes in
            guard var place = bytes.baseAddress.map(UnsafeRawPointer.init) else { return false }
            let count = text.utf8CodeUnitCount
            let end = place + bytes.count
            while end - place >= count,
                let found = memchr(place, Int32(text.utf8Start.pointee), end - place - count + 1)
            {
                if memcmp(found, text.utf8Start, count) == 0 { return true }
                place = UnsafeRawPointer(found) + 1
            }
            return false
        }
    }

    func holds(anyOf texts: [StaticString]) -> Bool { texts.contains(where: holds) }
}
