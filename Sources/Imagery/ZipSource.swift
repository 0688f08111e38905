import Failures
import Foundation

/// The photos in a ZIP archive, read without unpacking it.
final class ZipSource: PhotoSource {
    let entries: [SourceEntry]
    let size: Int
    let skipped: [ImageSet.Ignored] = []
    private let file: RegularFile
    private let directory: ZipDirectory

    /// Throws a `zip_…` failure for everything that `ZipDirectory` and `ZipPolicy` refuse.
    init(path: String, limits: UnpackLimits) throws(Failure) {
        file = try RegularFile(path: path, followsLinks: true)
        size = file.size
        directory = try ZipDirectory(file, limits: limits)
        entries = try ZipPolicy(limits: limits).files(of: directory, archiveSize: file.size)
    }

    /// Throws `zip_invalid` where libzip reads the directory differently.
    func opened() throws(Failure) -> any OpenSource {
        let archive = try ZipArchive(file)
        try archive.checkAgreement(with: directory)
        return OpenZip(archive)
    }
}

/// A ZIP archive as one thread reads it.
private final class OpenZip: OpenSource {
    private let archive: ZipArchive
    private let buffer: UnsafeMutableRawBufferPointer
    /// Bytes read and written at a time. Of 32 to 256 KiB this took the least CPU (ext4, Linux 6.18), and writes of 1 MiB
    /// up to three times as long: the kernel looks for large pages then.
    private static let step = 64 << 10

    init(_ archive: ZipArchive) {
        self.archive = archive
        buffer = .allocate(byteCount: Self.step, alignment: 4096)
    }

    deinit { buffer.deallocate() }

    func reader(for entry: SourceEntry) throws(Failure) -> any EntryReader {
        ZipEntryReader(archive, entry)
    }

    func extract(_ entry: SourceEntry, to path: String, wrote: (Int) throws(Failure) -> Void) throws(Failure) {
        let stream = try archive.open(entry)
        let output = try NewFile(path: path, name: entry.path.text)
        while true {
            let count = try stream.read(into: buffer)
            // What the directory promised is all there may be, whatever comes out of the inflater.
            guard stream.position <= entry.size else { throw .zipSizeLie(entry.path.text) }
            if count == 0 { break }
            try output.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            try wrote(count)
        }
        guard stream.position == entry.size else { throw .zipSizeLie(entry.path.text) }
        try output.finish()
    }
}

/// Random access to one entry of an archive.
private final class ZipEntryReader: EntryReader {
    private let archive: ZipArchive
    private let entry: SourceEntry
    private var stream: ZipStream?
    /// Bytes that may still be inflated only to be passed over; a photo's structure cannot make us inflate for ever.
    private var patience = 4 << 30

    init(_ archive: ZipArchive, _ entry: SourceEntry) {
        self.archive = archive
        self.entry = entry
    }

    func bytes(at offset: Int, count: Int) throws(Failure) -> [UInt8] {
        guard offset < entry.size, let stream = try stream(at: offset) else { return [] }
        var problem: Failure?
        let bytes = [UInt8](unsafeUninitializedCapacity: min(count, entry.size - offset)) { buffer, filled in
            do throws(Failure) {
                filled = try stream.read(into: UnsafeMutableRawBufferPointer(buffer))
            } catch {
                problem = error
            }
        }
        if let problem { throw problem }
        return bytes
    }

    /// The open stream, brought to `offset`; nil when that would take too long.
    private func stream(at offset: Int) throws(Failure) -> ZipStream? {
        if let stream, stream.position <= offset || !entry.isPacked {
            return try advance(stream, to: offset) ? stream : nil
        }
        let stream = try archive.open(entry)
        self.stream = stream
        return try advance(stream, to: offset) ? stream : nil
    }

    private func advance(_ stream: ZipStream, to offset: Int) throws(Failure) -> Bool {
        if stream.position == offset { return true }
        if !entry.isPacked {
            try stream.seek(to: offset)
            return true
        }
        patience -= offset - stream.position
        guard patience >= 0 else { return false }
        let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
        defer { scratch.deallocate() }
        while stream.position < offset {
            let step = UnsafeMutableRawBufferPointer(rebasing: scratch[..<min(scratch.count, offset - stream.position)])
            guard try stream.read(into: step) > 0 else { return false }
        }
        return true
    }
}
