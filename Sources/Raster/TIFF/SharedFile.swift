import Failures
import Foundation
import Synchronization

/// A file that several threads add to, each piece at the end of those before it.
final class SharedFile: Sendable {
    private let descriptor: Int32
    private let end: Mutex<Int>
    /// Of the file that people wait for, for sentences.
    private let name: String

    /// Creates the file.
    /// - Parameter isScratch: it has no name from the start, and is gone with the process however that ends.
    /// - Throws: `raster_not_written`.
    init(creating path: String, isScratch: Bool = false) throws {
        name = WholeFile.finalName(of: path)
        descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        end = Mutex(0)
        guard descriptor >= 0 else { throw Failure.rasterNotWritten(name, detail: String(cString: strerror(errno))) }
        if isScratch { unlink(path) }
    }

    deinit { close(descriptor) }

    /// - Returns: where in the file the piece lies.
    func append(_ piece: UnsafeRawBufferPointer) throws -> Int {
        let place = end.withLock { end in
            defer { end += piece.count }
            return end
        }
        try write(piece, at: place)
        return place
    }

    func append(_ piece: [UInt8]) throws -> Int { try piece.withUnsafeBytes { try append($0) } }

    func write(_ piece: UnsafeRawBufferPointer, at place: Int) throws {
        var done = 0
        while done < piece.count {
            let count = pwrite(descriptor, piece.baseAddress.map { $0 + done }, piece.count - done, off_t(place + done))
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw Failure.rasterNotWritten(name, detail: String(cString: strerror(errno))) }
            done += count
        }
    }

    /// Fills the memory from a place in the file.
    func read(into memory: UnsafeMutableRawBufferPointer, at place: Int) throws {
        var done = 0
        while done < memory.count {
            let count = pread(
                descriptor, memory.baseAddress.map { $0 + done }, memory.count - done, off_t(place + done))
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else {
                throw Failure.rasterNotWritten(name, detail: "read: \(String(cString: strerror(errno)))")
            }
            done += count
        }
    }
}

/// Where each tile of an image lies in a file, row by row.
struct TileIndex {
    let columns: Int
    let rows: Int
    private(set) var tiles: [Place?]

    struct Place: Equatable {
        var offset: Int
        var size: Int
    }

    init(width: Int, height: Int, side: Int) {
        (columns, rows) = ((width + side - 1) / side, (height + side - 1) / side)
        tiles = Array(repeating: nil, count: columns * rows)
    }

    subscript(column: Int, row: Int) -> Place? {
        get { tiles[row * columns + column] }
        set { tiles[row * columns + column] = newValue }
    }
}
