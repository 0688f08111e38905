import Failures

/// The central directory of a ZIP archive, read by ourselves before libzip may touch it.
///
/// libzip believes what the directory says; this checks that the entries do not overlap and that each local
/// header says the same. Reads ZIP64. Memory is bounded by `maximumDirectorySize`.
/// Source: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT (4.3.7 to 4.3.16, 4.5.3)
struct ZipDirectory {
    struct Entry {
        /// Position in the directory, which is libzip's index too.
        let index: Int
        let rawName: [UInt8]
        let madeByUnix: Bool
        let flags: Int
        let method: Int
        let checksum: UInt32
        let packedSize: Int
        let size: Int
        let unixMode: UInt32
        let headerOffset: Int

        var isFolder: Bool { rawName.last == UInt8(ascii: "/") || rawName.last == UInt8(ascii: "\\") }
        var isEncrypted: Bool { flags & 0x2041 != 0 || method == 99 }
    }

    /// 20,000 entries with long names and extra fields take 4 MiB.
    static let maximumDirectorySize = 64 << 20

    let entries: [Entry]

    init(_ file: RegularFile, limits: UnpackLimits) throws(Failure) {
        let end = try ZipEndRecord(file)
        guard end.entryCount <= limits.maximumEntries else {
            throw .zipTooManyEntries(end.entryCount, limit: limits.maximumEntries)
        }
        guard end.directorySize <= Self.maximumDirectorySize else {
            throw .zipInvalid("its directory is larger than \(Self.maximumDirectorySize >> 20) MiB")
        }
        let bytes = try file.bytes(at: end.directoryOffset, count: end.directorySize)
        entries = try Self.entries(bytes, limits: limits)
        guard entries.count == end.entryCount else {
            throw .zipInvalid("its end says \(end.entryCount) entries, its directory has \(entries.count)")
        }
        try checkLocalHeaders(file, end: end.directoryOffset)
    }

    private static func entries(_ bytes: [UInt8], limits: UnpackLimits) throws(Failure) -> [Entry] {
        var entries: [Entry] = []
        var offset = 0
        while offset < bytes.count {
            let header = ByteReader(bytes[offset...])
            guard header.u32(0) == 0x0201_4B50, let nameLength = header.u16(28), let extraLength = header.u16(30),
                let commentLength = header.u16(32), 46 + nameLength + extraLength + commentLength <= header.bytes.count,
                let entry = entry(header, index: entries.count, nameLength, extraLength)
            else { throw .zipInvalid("its directory is damaged at entry \(entries.count + 1)") }
            entries.append(entry)
            // The count in the end record may lie; this one cannot.
            guard entries.count <= limits.maximumEntries else {
                throw .zipTooManyEntries(entries.count, limit: limits.maximumEntries)
            }
            offset += 46 + nameLength + extraLength + commentLength
        }
        return entries
    }

    private static func entry(_ header: ByteReader, index: Int, _ nameLength: Int, _ extraLength: Int) -> Entry? {
        guard let madeBy = header.u16(4), let flags = header.u16(8), let method = header.u16(10),
            let checksum = header.u32(16), let attributes = header.u32(38)
        else { return nil }
        let nameStart = header.bytes.startIndex + 46
        let extra = header.bytes[(nameStart + nameLength)..<(nameStart + nameLength + extraLength)]
        // In this order, and each only when its 32-bit field is full.
        let wide = wideValues(extra)
        var next = 0
        func value(_ offset: Int) -> Int? {
            guard let short = header.u32(offset) else { return nil }
            guard short == 0xFFFF_FFFF, let wide else { return short }
            defer { next += 8 }
            return wide.u64(next)
        }
        guard let size = value(24), let packedSize = value(20), let headerOffset = value(42) else { return nil }
        // 3 is Unix, 19 macOS.
        return Entry(
            index: index, rawName: Array(header.bytes[nameStart..<nameStart + nameLength]),
            madeByUnix: [3, 19].contains(madeBy >> 8), flags: flags, method: method, checksum: UInt32(checksum),
            packedSize: packedSize, size: size, unixMode: UInt32(attributes) >> 16, headerOffset: headerOffset)
    }

    /// The ZIP64 field among an entry's extra fields.
    private static func wideValues(_ extra: ArraySlice<UInt8>) -> ByteReader? {
        var rest = ByteReader(extra)
        while let kind = rest.u16(0), let length = rest.u16(2), 4 + length <= rest.bytes.count {
            if kind == 0x0001 { return ByteReader(rest.bytes.dropFirst(4).prefix(length)) }
            rest = ByteReader(rest.bytes.dropFirst(4 + length))
        }
        return nil
    }

    /// Each entry has a local header of its own that agrees, and no two share a byte: otherwise one block of
    /// bytes could be unpacked thousands of times. Source: https://www.bamsoftware.com/hacks/zipbomb/
    private func checkLocalHeaders(_ file: RegularFile, end: Int) throws(Failure) {
        var free = 0
        for entry in entries.sorted(by: { $0.headerOffset < $1.headerOffset }) {
            guard entry.headerOffset >= free else { throw .zipOverlap(Self.shown(entry)) }
            guard entry.headerOffset < end else {
                throw .zipInvalid("\(Self.shown(entry)) lies beyond the end of the data")
            }
            let bytes = try file.bytes(at: entry.headerOffset, count: 30 + entry.rawName.count)
            let header = ByteReader(bytes[...])
            guard header.u32(0) == 0x0403_4B50, let extraLength = header.u16(28),
                header.u16(26) == entry.rawName.count, bytes.dropFirst(30).elementsEqual(entry.rawName),
                header.u16(8) == entry.method, let flags = header.u16(6), flags & 1 == entry.flags & 1
            else { throw .zipInvalid("the directory and the header of \(Self.shown(entry)) disagree") }
            let dataStart = entry.headerOffset + 30 + entry.rawName.count + extraLength
            guard dataStart <= end, entry.packedSize <= end - dataStart else {
                throw .zipInvalid("\(Self.shown(entry)) reaches beyond the end of the data")
            }
            free = dataStart + entry.packedSize
        }
    }

    private static func shown(_ entry: Entry) -> String {
        TagValue.clean(String(decoding: entry.rawName, as: UTF8.self), limit: 120) ?? "entry \(entry.index + 1)"
    }
}

/// The record at the end of a ZIP archive that says where its directory is.
struct ZipEndRecord {
    let entryCount: Int
    let directorySize: Int
    let directoryOffset: Int

    init(_ file: RegularFile) throws(Failure) {
        let tailSize = min(file.size, 22 + 0xFFFF)
        let tail = try file.bytes(at: file.size - tailSize, count: tailSize)
        guard let start = Self.start(in: tail) else {
            throw .zipInvalid("its end is missing: it was cut off, or it is no ZIP archive")
        }
        let position = file.size - tailSize + start
        let record = ByteReader(tail[start...])
        guard record.u16(4) == 0, record.u16(6) == 0, let count = record.u16(10), let size = record.u32(12),
            let offset = record.u32(16)
        else { throw .zipInvalid("it is one of several volumes") }
        if count == 0xFFFF || size == 0xFFFF_FFFF || offset == 0xFFFF_FFFF,
            let wide = try Self.wide(file, before: position)
        {
            self = wide
        } else {
            (entryCount, directorySize, directoryOffset) = (count, size, offset)
        }
        guard directoryOffset <= position, directorySize <= position - directoryOffset else {
            throw .zipInvalid("its directory is not where its end says")
        }
    }

    private init(_ entryCount: Int, _ directorySize: Int, _ directoryOffset: Int) {
        (self.entryCount, self.directorySize, self.directoryOffset) = (entryCount, directorySize, directoryOffset)
    }

    /// The last place where the record with its comment reaches exactly to the end.
    private static func start(in tail: [UInt8]) -> Int? {
        guard tail.count >= 22 else { return nil }
        return stride(from: tail.count - 22, through: 0, by: -1).first { start in
            let record = ByteReader(tail[start...])
            return tail[start] == 0x50 && record.u32(0) == 0x0605_4B50 && record.u16(20) == tail.count - start - 22
        }
    }

    private static func wide(_ file: RegularFile, before position: Int) throws(Failure) -> ZipEndRecord? {
        guard position >= 20 else { return nil }
        let locator = ByteReader(try file.bytes(at: position - 20, count: 20)[...])
        guard locator.u32(0) == 0x0706_4B50, let offset = locator.u64(8), offset <= position - 56 else { return nil }
        let record = ByteReader(try file.bytes(at: offset, count: 56)[...])
        guard record.u32(0) == 0x0606_4B50, let count = record.u64(32), let size = record.u64(40),
            let directory = record.u64(48)
        else { return nil }
        return ZipEndRecord(count, size, directory)
    }
}
