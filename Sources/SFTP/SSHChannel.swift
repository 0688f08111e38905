import CLibSSH2
import Failures

/// A stream of bytes to a program on the server, on a session. For one thread at a time.
final class SSHChannel {
    private let session: SSHSession
    private let raw: OpaquePointer

    /// How much the server may send ahead, in bytes. More than is ever asked for at a time, so that answers always find
    /// room while requests are still being sent, and neither side waits for the other.
    static let window: UInt32 = 16 << 20

    /// - Throws: `Failure` `storage_refused` where the server allows no further channel.
    init(_ session: SSHSession) throws {
        self.session = session
        var opened: OpaquePointer?
        let code = try session.complete {
            opened = libssh2_channel_open_ex(
                session.raw, "session", 7, Self.window, UInt32(LIBSSH2_CHANNEL_PACKET_DEFAULT), nil, 0)
            return opened == nil ? Int(libssh2_session_last_errno(session.raw)) : 0
        }
        guard let opened else {
            // A connection that broke is no refusal.
            throw Self.refusals.contains(Int32(code))
                ? Failure.noSFTP(session.server, session.lastError())
                : Failure.unreachable("\(session.server.name): channel: \(session.lastError())")
        }
        raw = opened
    }

    private static let refusals = [LIBSSH2_ERROR_CHANNEL_FAILURE, LIBSSH2_ERROR_CHANNEL_REQUEST_DENIED]

    /// Starts a subsystem (`subsystem`) or a command (`exec`).
    /// - Returns: false where the server refuses it.
    func start(_ request: String, _ message: String) throws -> Bool {
        let code = try session.complete {
            Int(
                libssh2_channel_process_startup(
                    raw, request, UInt32(request.utf8.count), message, UInt32(message.utf8.count)))
        }
        if code == Int(LIBSSH2_ERROR_CHANNEL_REQUEST_DENIED) { return false }
        guard code == 0 else { throw broken("start") }
        return true
    }

    /// Returns when all bytes are on their way.
    func write(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes
        while let start = rest.baseAddress, !rest.isEmpty {
            let count = try session.complete {
                libssh2_channel_write_ex(raw, 0, start.assumingMemoryBound(to: CChar.self), rest.count)
            }
            guard count >= 0 else { throw broken("write") }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    /// Waits for bytes and puts them into the buffer.
    /// - Returns: how many; 0 when the server has closed its side.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let count = try session.complete {
            libssh2_channel_read_ex(raw, 0, buffer.baseAddress?.assumingMemoryBound(to: CChar.self), buffer.count)
        }
        guard count >= 0 else { throw broken("read") }
        return count
    }

    /// Looks, without waiting, whether the server has closed it since. Answers what it may have asked meanwhile.
    func isOpen() -> Bool {
        var byte: CChar = 0
        return libssh2_channel_read_ex(raw, 0, &byte, 0) == Int(LIBSSH2_ERROR_EAGAIN)
    }

    /// Tells the program that nothing more comes.
    func sendEnd() throws {
        guard try session.complete({ Int(libssh2_channel_send_eof(raw)) }) == 0 else { throw broken("end") }
    }

    /// For channels that end before their session, which frees those that are left.
    func free() throws { _ = try session.complete { Int(libssh2_channel_free(raw)) } }

    private func broken(_ operation: String) -> Failure {
        .unreachable("\(session.server.name): \(operation): \(session.lastError())")
    }
}
