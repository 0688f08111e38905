internal import Foundation

/// Tells whether a JPEG goes on to its end.
///
/// GDAL decodes one that was cut off without a word and fills the rest with grey.
enum PhotoEnding {
    /// Throws when the file cannot be read or its end is missing. Other formats than JPEG are taken to be whole:
    /// their decoders notice.
    static func check(_ path: String) throws {
        let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
        let size = try file.seekToEnd()
        guard try bytes(file, 0, 2) == [0xFF, 0xD8] else { return }
        guard try hasEndMarker(file, size) else { throw CocoaError(.fileReadCorruptFile) }
    }

    /// Looks for the marker backwards in the second half of the file: cameras may add data behind it, and the
    /// thumbnails in the first half have one of their own.
    private static func hasEndMarker(_ file: FileHandle, _ size: UInt64) throws -> Bool {
        let chunk: UInt64 = 65_536
        var end = size
        while end > size / 2 {
            let start = end > chunk ? end - chunk : 0
            let part = try bytes(file, start, Int(min(end + 1, size) - start))
            if zip(part, part.dropFirst()).contains(where: { $0 == 0xFF && $1 == 0xD9 }) { return true }
            end = start
        }
        return false
    }

    private static func bytes(_ file: FileHandle, _ offset: UInt64, _ count: Int) throws -> [UInt8] {
        try file.seek(toOffset: offset)
        return [UInt8](try file.read(upToCount: count) ?? Data())
    }
}
