import CLibZip
import Failures
import Foundation

/// A ZIP archive opened by libzip; owns the handle. Not thread-safe, but a file may be open in several.
///
/// Source: https://libzip.org/documentation/
final class ZipArchive {
    private let archive: OpaquePointer

    /// Takes the file through its descriptor, so that the directory that was checked is the one that is read.
    init(_ file: RegularFile) throws(Failure) {
        var error = zip_error_t()
        zip_error_init(&error)
        defer { zip_error_fini(&error) }
        guard let source = ZipBytes.source(of: file, &error) else {
            throw .zipInvalid("it cannot be opened", detail: String(cString: zip_error_strerror(&error)))
        }
        guard let archive = zip_open_from_source(source, ZIP_RDONLY, &error) else {
            zip_source_free(source)
            throw .zipInvalid("it cannot be opened", detail: String(cString: zip_error_strerror(&error)))
        }
        self.archive = archive
    }

    deinit { zip_discard(archive) }

    /// Throws `zip_invalid` where libzip reads the directory differently from us: one of both was deceived.
    func checkAgreement(with directory: ZipDirectory) throws(Failure) {
        guard zip_get_num_entries(archive, 0) == directory.entries.count else {
            throw .zipInvalid("its directory can be read in two ways")
        }
        for entry in directory.entries {
            var status = zip_stat_t()
            guard zip_stat_index(archive, UInt64(entry.index), ZIP_FL_ENC_RAW, &status) == 0,
                status.size == entry.size, status.comp_size == entry.packedSize, status.crc == entry.checksum,
                status.comp_method == entry.method, let name = status.name,
                strlen(name) == entry.rawName.count, memcmp(name, entry.rawName, entry.rawName.count) == 0
            else { throw .zipInvalid("its directory can be read in two ways") }
        }
    }

    /// Opens one entry for reading from its beginning.
    func open(_ entry: SourceEntry) throws(Failure) -> ZipStream {
        guard let file = zip_fopen_index(archive, UInt64(entry.index), 0) else {
            throw .zipEntryDamaged(entry.path.text, detail: String(cString: zip_error_strerror(zip_get_error(archive))))
        }
        return ZipStream(file, archive: self, name: entry.path.text)
    }

}

/// One entry of an archive being read; owns its handle and keeps the archive open.
final class ZipStream {
    private let file: OpaquePointer
    private let archive: ZipArchive
    private let name: String
    private(set) var position = 0

    fileprivate init(_ file: OpaquePointer, archive: ZipArchive, name: String) {
        self.file = file
        self.archive = archive
        self.name = name
    }

    deinit { zip_fclose(file) }

    /// Fills as much of `buffer` as the entry has; 0 only at its end, where libzip has checked the CRC-32.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(Failure) -> Int {
        var filled = 0
        while filled < buffer.count, let base = buffer.baseAddress {
            let got = zip_fread(file, base + filled, UInt64(buffer.count - filled))
            if got < 0 { throw failure() }
            if got == 0 { break }
            filled += Int(got)
        }
        position += filled
        return filled
    }

    /// Only for stored entries.
    func seek(to offset: Int) throws(Failure) {
        guard zip_fseek(file, Int64(offset), SEEK_SET) == 0 else { throw failure() }
        position = offset
    }

    private func failure() -> Failure {
        guard let error = zip_file_get_error(file) as UnsafeMutablePointer<zip_error_t>? else {
            return .zipEntryDamaged(name, detail: "unknown")
        }
        let detail = String(cString: zip_error_strerror(error))
        switch zip_error_code_zip(error) {
        case ZIP_ER_CRC: return .zipChecksum(name)
        case ZIP_ER_INCONS: return .zipSizeLie(name)
        default: return .zipEntryDamaged(name, detail: detail)
        }
    }
}
