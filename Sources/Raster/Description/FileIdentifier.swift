import Checksums
import Failures
import Foundation

/// The platform's way to tell files apart: SHA-256 over the size in decimal digits, the first 10 MiB and the last
/// 10 MiB. Fast on any size, but blind to a change in the middle of a large file.
enum FileIdentifier {
    private static let piece = 10 << 20

    static func compute(_ path: String) throws -> (bytes: Int, sha256: String) {
        let name = URL(fileURLWithPath: path).lastPathComponent
        do {
            let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            defer { try? file.close() }  // nothing was written
            let size = Int(try file.seekToEnd())
            let hash = SHA256()
            hash.update(Data(String(size).utf8))
            try file.seek(toOffset: 0)
            hash.update(try file.read(upToCount: piece) ?? Data())
            try file.seek(toOffset: UInt64(max(0, size - piece)))
            hash.update(try file.read(upToCount: piece) ?? Data())
            return (size, hash.hexDigest())
        } catch {
            throw Failure.rasterDamaged(name, detail: "\(error)")
        }
    }
}
