import Execution
import Failures
import Foundation

/// The SFTP protocol on a session of its own: requests go out, answers come back in whatever order. For one thread at a
/// time.
///
/// Ours, and not libssh2's, which has neither `posix-rename` nor hard links nor a way to keep requests of reading and
/// writing under way together. Source: https://github.com/openssh/openssh-portable/blob/master/PROTOCOL, section 4
public final class SFTPSession {
    let ssh: SSHSession
    private let channel: SSHChannel
    private let input: UnsafeMutableRawBufferPointer
    private var filled = 0..<0
    private var lastID: UInt32 = 0
    private var extensions: Set<String> = []
    /// False once an exchange broke off in its middle: what comes next could not be told apart.
    private(set) var isUsable = true

    /// The most that one request may read or write, in bytes.
    private(set) var largestPiece = 32 << 10
    /// How long a small question and its answer took; zero where it was not measured.
    public private(set) var roundTrip = Duration.zero
    /// How much is asked for or sent before an answer must have come, in bytes: more for a server that is far away, and
    /// not more than needed, for what stays in the processor's cache is faster. As much as OpenSSH's own client where it
    /// cannot be measured; below ``SSHChannel/window``.
    private(set) var inFlight = 2 << 20
    /// Bytes a second that one session can be used for.
    private static let rate = 160e6
    /// No server sends larger packets than this. OpenSSH's limit is 256 KiB.
    private static let largestPacket = 512 << 10

    /// Connects, trusts, logs in. - Throws: see ``SSHSession``; `Failure` `storage_refused`.
    init(_ server: ServerAddress, _ interruption: Interruption) throws {
        ssh = try SSHSession(server, interruption)
        channel = try SSHChannel(ssh)
        input = .allocate(byteCount: 2 * Self.largestPacket, alignment: 16)
        guard try channel.start("subsystem", "sftp") else { throw Failure.noSFTP(server, ssh.lastError()) }
        try begin()
        ssh.deadline = nil
    }

    deinit { input.deallocate() }

    /// Whether the connection still stands, as far as can be told without waiting.
    var isOpen: Bool { isUsable && channel.isOpen() }

    func supports(_ name: String) -> Bool { extensions.contains(name) }

    // MARK: One request at a time

    /// Sends one request and waits for its answer.
    /// - Throws: `SFTPStatus` where the answer is a status that is not OK; `Failure` `storage_unreachable`.
    func ask<Answer>(
        _ type: PacketType, as operation: String, _ fill: (inout PacketWriter) -> Void,
        _ read: (inout Reply) throws -> Answer
    ) throws -> Answer {
        try exchange { () throws -> Result<Answer, SFTPStatus> in
            let id = nextID()
            var request = PacketWriter(type, id: id)
            fill(&request)
            try send(request.finished())
            var reply = try receive()
            guard reply.id == id else { throw Failure.unreachable("an answer to what was not asked") }
            do {
                try reply.mustBeGood(operation)
                return .success(try read(&reply))
            } catch let status as SFTPStatus {
                return .failure(status)
            }
        }.get()
    }

    /// The same for requests that are answered by a status only.
    func ask(_ type: PacketType, as operation: String, _ fill: (inout PacketWriter) -> Void) throws {
        try ask(type, as: operation, fill) { _ in }
    }

    /// Runs what must not be broken off: where it throws, the session cannot be used any more.
    func exchange<Outcome>(_ body: () throws -> Outcome) throws -> Outcome {
        isUsable = false
        let result = try body()
        isUsable = true
        return result
    }

    // MARK: Packets

    func nextID() -> UInt32 {
        lastID &+= 1
        return lastID
    }

    func send(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try channel.write($0) } }
    func send(_ bytes: UnsafeRawBufferPointer) throws { try channel.write(bytes) }

    /// Waits for one packet. Its bytes are valid until the next call.
    func receive() throws -> Reply {
        try fill(atLeast: 4)
        let length = Int(
            UInt32(
                bigEndian: UnsafeRawBufferPointer(input).loadUnaligned(
                    fromByteOffset: filled.lowerBound, as: UInt32.self)))
        guard (5...Self.largestPacket).contains(length) else {
            // Mostly a shell's farewell: the account may not log in, or prints something when it does.
            let text = String(decoding: UnsafeRawBufferPointer(rebasing: input[filled]).prefix(200), as: UTF8.self)
            throw Failure.noSFTP(ssh.server, "it answered with \"\(text)\"")
        }
        try fill(atLeast: 4 + length)
        let start = filled.lowerBound + 4
        filled = start + length..<filled.upperBound
        return try Reply(UnsafeRawBufferPointer(rebasing: input[start..<start + length]))
    }

    private func fill(atLeast count: Int) throws {
        if filled.isEmpty { filled = 0..<0 }
        if filled.lowerBound + count > input.count {
            UnsafeMutableRawBufferPointer(rebasing: input[..<filled.count])
                .copyMemory(from: UnsafeRawBufferPointer(rebasing: input[filled]))
            filled = 0..<filled.count
        }
        while filled.count < count {
            let room = UnsafeMutableRawBufferPointer(rebasing: input[filled.upperBound...])
            let count = try channel.read(into: room)
            guard count > 0 else { throw Failure.unreachable("the server has closed the connection") }
            filled = filled.lowerBound..<filled.upperBound + count
        }
    }

    // MARK: Beginning

    private func begin() throws {
        var hello: [UInt8] = [0, 0, 0, 5, PacketType.initialise.rawValue]
        withUnsafeBytes(of: UInt32(3).bigEndian) { hello += $0 }
        try send(hello)
        // The one answer without an id: where others have it, this has the version.
        var reply = try receive()
        guard reply.type == .version, reply.id >= 3 else { throw Failure.unreachable("the server speaks no SFTP 3") }
        while !reply.content.isAtEnd {
            extensions.insert(try reply.content.text())
            _ = try reply.content.data()
        }
        // Larger requests are fewer: OpenSSH takes 255 KiB, and whoever says nothing 32. In whole pages.
        if supports("limits@openssh.com") {
            let start = ContinuousClock.now
            let limits = try limits()
            roundTrip = ContinuousClock.now - start
            inFlight = min(8 << 20, max(1 << 20, Int(roundTrip / .seconds(1) * Self.rate)))
            largestPiece = max(largestPiece, Int(min(limits.read, limits.write, 256 << 10)) & ~4095)
        }
    }

    private func limits() throws -> (read: UInt64, write: UInt64) {
        try ask(.extended, as: "ask for limits", { $0.add("limits@openssh.com") }) { reply in
            _ = try reply.content.uint64()
            return (try reply.content.uint64(), try reply.content.uint64())
        }
    }
}

/// One packet from the server.
struct Reply {
    let type: PacketType
    let id: UInt32
    var content: PacketReader

    init(_ bytes: UnsafeRawBufferPointer) throws {
        content = PacketReader(bytes)
        let number = try content.uint8()
        guard let type = PacketType(rawValue: number) else {
            throw Failure.unreachable("the server sent a packet of the unknown type \(number)")
        }
        self.type = type
        id = try content.uint32()
    }

    /// - Throws: `SFTPStatus` for a status other than OK.
    mutating func mustBeGood(_ operation: String) throws {
        guard type == .status else { return }
        let code = SFTPStatus.Code(rawValue: try content.uint32()) ?? .failure
        guard code != .ok else { return }
        let message = content.isAtEnd ? "" : try content.text()
        throw SFTPStatus(code: code, message: message.isEmpty ? "\(code)" : message, operation: operation)
    }
}
