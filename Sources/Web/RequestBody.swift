import Failures

/// A request's body while it is sent: knows how far it is, and can go back.
final class RequestBody {
    private enum Section {
        case bytes([UInt8])
        case part(WebForm.FilePart)

        var count: Int64 {
            switch self {
            case .bytes(let bytes): Int64(bytes.count)
            case .part(let part): part.count
            }
        }
    }

    let type: String
    private let sections: [Section]
    private var position: Int64 = 0
    /// Why it could not be read, for who sees only that libcurl gave up.
    private(set) var failure: (any Error)?

    /// Nil where there is none to send.
    init?(_ body: WebRequest.Body) {
        switch body {
        case .none: return nil
        case .bytes(let bytes, let type): (self.type, sections) = (type, [.bytes(bytes)])
        case .form(let form):
            type = "multipart/form-data; boundary=\(form.boundary)"
            sections = [.bytes(form.head), .part(form.part), .bytes(form.tail)]
        }
    }

    var count: Int64 { sections.reduce(0) { $0 + $1.count } }

    func seek(to position: Int64) -> Bool {
        guard (0...count).contains(position) else { return false }
        self.position = position
        return true
    }

    /// The next bytes, as many as fit; 0 at the end, nil when they cannot be had.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int? {
        var start: Int64 = 0
        for section in sections {
            let offset = position - start
            if offset < section.count {
                do {
                    let count = try read(section, from: offset, into: buffer)
                    position += Int64(count)
                    return count
                } catch {
                    failure = error
                    return nil
                }
            }
            start += section.count
        }
        return 0
    }

    private func read(
        _ section: Section, from offset: Int64, into buffer: UnsafeMutableRawBufferPointer
    ) throws -> Int {
        let room = UnsafeMutableRawBufferPointer(
            rebasing: buffer.prefix(Int(min(Int64(buffer.count), section.count - offset))))
        switch section {
        case .bytes(let bytes): room.copyBytes(from: bytes[Int(offset)...].prefix(room.count))
        case .part(let part):
            // The server was told how much comes: less than that would leave it waiting.
            guard try part.file.read(into: room, at: part.offset + offset) == room.count else {
                throw Failure.fileTooShort()
            }
        }
        return room.count
    }
}
