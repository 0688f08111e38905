import Failures
import Foundation

/// A file being written that must not have been there before; owns its descriptor.
final class NewFile {
    private let name: String
    private var descriptor: Int32

    /// `name` is for messages.
    init(path: String, name: String) throws(Failure) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw .unpackFailed(name, detail: "create \(path): \(errnoText())") }
        self.name = name
        self.descriptor = descriptor
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    func write(_ bytes: UnsafeRawBufferPointer) throws(Failure) {
        var rest = bytes
        while !rest.isEmpty {
            let count = Foundation.write(descriptor, rest.baseAddress, rest.count)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw .unpackFailed(name, detail: "write: \(errnoText())") }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    func write(_ bytes: [UInt8]) throws(Failure) {
        let problem = bytes.withUnsafeBytes { bytes -> Failure? in
            do throws(Failure) { try write(bytes) } catch { return error }
            return nil
        }
        if let problem { throw problem }
    }

    /// Closes; some file systems report only here that the bytes did not fit.
    func finish() throws(Failure) {
        let result = close(descriptor)
        descriptor = -1
        guard result == 0 else { throw .unpackFailed(name, detail: "close: \(errnoText())") }
    }
}
