import CLibZip
import Foundation

/// The bytes of a file as libzip asks for them, read where they lie by `pread`.
///
/// libzip's own source goes through `FILE`, which drops what it has read ahead at every seek, and two archives on one
/// descriptor would share one position.
/// Source: https://libzip.org/documentation/zip_source_function.html
final class ZipBytes {
    private let file: RegularFile
    private var position = 0
    private var error = zip_error_t()
    /// What was read ahead for the inflater, and which bytes of the file it is. It asks for 8 KiB at a time; one call of
    /// the kernel for eight of them is a tenth of what unpacking costs.
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 4096)
    private var held = 0..<0
    private static let inflaterReads = (4 << 10)...(16 << 10)

    private init(_ file: RegularFile) {
        self.file = file
        zip_error_init(&error)
    }

    deinit {
        zip_error_fini(&error)
        buffer.deallocate()
    }

    /// A source that belongs to the caller until `zip_open_from_source` has taken it; nil with `error` set.
    static func source(of file: RegularFile, _ error: inout zip_error_t) -> OpaquePointer? {
        let bytes = Unmanaged.passRetained(ZipBytes(file))
        guard let source = zip_source_function_create(callback, bytes.toOpaque(), &error) else {
            bytes.release()
            return nil
        }
        return source
    }

    private static let callback: zip_source_callback = { state, data, length, command in
        guard let state else { return -1 }
        let bytes = Unmanaged<ZipBytes>.fromOpaque(state)
        guard command != ZIP_SOURCE_FREE else {
            bytes.release()
            return 0
        }
        return bytes.takeUnretainedValue().answer(
            command, UnsafeMutableRawBufferPointer(start: data, count: Int(length)))
    }

    private static let commands: Int64 = [
        ZIP_SOURCE_OPEN, ZIP_SOURCE_READ, ZIP_SOURCE_CLOSE, ZIP_SOURCE_STAT, ZIP_SOURCE_ERROR, ZIP_SOURCE_FREE,
        ZIP_SOURCE_SEEK, ZIP_SOURCE_TELL, ZIP_SOURCE_SUPPORTS,
    ].reduce(0) { $0 | 1 << Int64($1.rawValue) }

    /// What the documentation wants for each command; -1 with `error` set where it did not work.
    private func answer(_ command: zip_source_cmd_t, _ data: UnsafeMutableRawBufferPointer) -> Int64 {
        switch command {
        case ZIP_SOURCE_SUPPORTS: return Self.commands
        case ZIP_SOURCE_OPEN:
            position = 0
            return 0
        case ZIP_SOURCE_CLOSE: return 0
        case ZIP_SOURCE_READ: return read(data)
        case ZIP_SOURCE_SEEK: return seek(data)
        case ZIP_SOURCE_TELL: return Int64(position)
        case ZIP_SOURCE_STAT: return stat(data)
        case ZIP_SOURCE_ERROR: return zip_error_to_data(&error, data.baseAddress, UInt64(data.count))
        default:
            zip_error_set(&error, ZIP_ER_OPNOTSUPP, 0)
            return -1
        }
    }

    private func read(_ data: UnsafeMutableRawBufferPointer) -> Int64 {
        let count = Self.inflaterReads.contains(data.count) ? readAhead(data) : fill(data)
        position += max(0, count)
        return Int64(count)
    }

    private func readAhead(_ data: UnsafeMutableRawBufferPointer) -> Int {
        if !held.contains(position) {
            let count = fill(buffer)
            guard count > 0 else { return count }
            held = position..<position + count
        }
        let rest = buffer[(position - held.lowerBound)..<held.count].prefix(data.count)
        data.copyMemory(from: UnsafeRawBufferPointer(rebasing: rest))
        return rest.count
    }

    /// What the file has at `position`; -1 with `error` set.
    private func fill(_ data: UnsafeMutableRawBufferPointer) -> Int {
        while true {
            let count = pread(file.descriptor, data.baseAddress, data.count, off_t(position))
            if count < 0 && errno == EINTR { continue }
            if count < 0 { zip_error_set(&error, ZIP_ER_READ, errno) }
            return count
        }
    }

    private func seek(_ data: UnsafeMutableRawBufferPointer) -> Int64 {
        let target = zip_source_seek_compute_offset(
            UInt64(position), UInt64(file.size), data.baseAddress, UInt64(data.count), &error)
        guard target >= 0 else { return -1 }
        position = Int(target)
        return 0
    }

    private func stat(_ data: UnsafeMutableRawBufferPointer) -> Int64 {
        guard data.count >= MemoryLayout<zip_stat_t>.size, let base = data.baseAddress else {
            zip_error_set(&error, ZIP_ER_INVAL, 0)
            return -1
        }
        let status = base.assumingMemoryBound(to: zip_stat_t.self)
        zip_stat_init(status)
        status.pointee.valid = UInt64(ZIP_STAT_SIZE)
        status.pointee.size = UInt64(file.size)
        return Int64(MemoryLayout<zip_stat_t>.size)
    }
}
