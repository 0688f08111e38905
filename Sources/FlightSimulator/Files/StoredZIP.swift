internal import Failures
internal import Foundation

/// Writes a ZIP archive without compression: JPEGs do not get smaller.
///
/// Source: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
struct StoredZIP: ~Copyable {
    private let file: FileHandle
    private let name: String
    private var directory: [UInt8] = []
    private var offset = 0
    private var count = 0

    init(creating url: URL) throws(Failure) {
        name = url.lastPathComponent
        guard FileManager.default.createFile(atPath: url.path, contents: nil) else {
            throw .flightNotWritten(name, "the file cannot be created")
        }
        do { file = try FileHandle(forWritingTo: url) } catch {
            throw .flightNotWritten(url.lastPathComponent, "\(error)")
        }
    }

    /// Appends one file. Throws when the archive would need ZIP64, or the disk is full.
    mutating func add(_ entry: String, _ content: [UInt8]) throws(Failure) {
        guard offset + content.count < Int(UInt32.max), count < Int(UInt16.max) - 1 else {
            throw .flightNotWritten(name, "the archive would be larger than 4 GiB; write into a folder instead")
        }
        let title = Array(entry.utf8)
        // 1 January 2026, noon, so that the same flight gives the same bytes.
        let common: [UInt8] =
            little(UInt16(20)) + little(UInt16(0x0800)) + little(UInt16(0)) + little(UInt16(0x6000))
            + little(UInt16(0x5C21)) + little(CRC32.checksum(content)) + little(UInt32(content.count))
            + little(UInt32(content.count)) + little(UInt16(title.count)) + little(UInt16(0))
        directory += little(UInt32(0x0201_4B50)) + little(UInt16(0x0314)) + common
        directory += [UInt8](repeating: 0, count: 6) + little(UInt32(0o100644) << 16) + little(UInt32(offset)) + title
        count += 1
        try write(little(UInt32(0x0403_4B50)) + common + title)
        try write(content)
    }

    /// Writes the directory and makes sure that everything is on the disk.
    consuming func close() throws(Failure) {
        let start = offset
        let end =
            little(UInt32(0x0605_4B50)) + [0, 0, 0, 0] + little(UInt16(count)) + little(UInt16(count))
            + little(UInt32(directory.count)) + little(UInt32(start)) + [0, 0]
        try write(directory + end)
        do {
            try file.synchronize()
            try file.close()
        } catch {
            throw .flightNotWritten(name, "\(error)")
        }
    }

    private mutating func write(_ bytes: [UInt8]) throws(Failure) {
        do { try file.write(contentsOf: Data(bytes)) } catch { throw .flightNotWritten(name, "\(error)") }
        offset += bytes.count
    }
}

/// The checksum of ZIP and PNG.
private enum CRC32 {
    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1 }
    }

    static func checksum(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(UInt32.max) { table[Int(($0 ^ UInt32($1)) & 0xFF)] ^ ($0 >> 8) }
    }
}
