import Foundation
import Glibc
import Synchronization

/// Stands between clients and a server on loopback, and fails on command: for all connections, those that are there
/// and those to come.
public final class TCPProxy: Sendable {
    public enum Mode: Sendable, Equatable {
        case forward
        /// Keeps connections open and swallows all bytes, as a path does that has silently gone: but the kernel
        /// still acknowledges them, so that only asking tells.
        case blackHole
        /// Requests arrive, answers do not.
        case swallowAnswers
        /// Each piece arrives this much later.
        case delay(Duration)
        /// Hangs up on everybody.
        case refuse
        /// Forwards so many bytes more, in both directions and of all connections, then hangs up once and forwards.
        case cutAfter(Int)
    }

    private struct State {
        var mode = Mode.forward
        var open: Set<Int32> = []
        var accepted = 0
        var forwarded = 0
    }

    /// Where it listens, on loopback.
    public let port: UInt16
    private let upstream: UInt16
    private let listener: Int32
    private let state = Mutex(State())

    /// - Throws: `POSIXError` when no port can be had.
    public init(upstream: UInt16) throws {
        self.upstream = upstream
        let socket = Self.socket()
        let isBound = Self.withAddress(port: 0) { bind(socket, $0, $1) } == 0 && listen(socket, 256) == 0
        guard isBound, let port = Self.port(of: socket) else {
            Glibc.close(socket)
            throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
        }
        listener = socket
        self.port = port
        Thread { [self] in acceptAll() }.start()
    }

    public func become(_ mode: Mode) {
        state.withLock { state in
            state.mode = mode
            if mode == .refuse { state.open.forEach { shutdown($0, Int32(SHUT_RDWR)) } }
        }
    }

    /// How many there have been.
    public var connections: Int { state.withLock { $0.accepted } }

    /// How many bytes have passed, in both directions.
    public var forwarded: Int { state.withLock { $0.forwarded } }

    public var isBlackHole: Bool { state.withLock { $0.mode == .blackHole } }

    /// Hangs up on those that are connected. Who comes again is served.
    public func cut() {
        state.withLock { state in state.open.forEach { shutdown($0, Int32(SHUT_RDWR)) } }
    }

    /// Ends it, and all that goes through it.
    public func close() {
        become(.refuse)
        shutdown(listener, Int32(SHUT_RDWR))
    }

    private func acceptAll() {
        while true {
            let client = accept(listener, nil, nil)
            guard client >= 0 else { break }
            let isRefused = state.withLock { state in
                state.accepted += 1
                return state.mode == .refuse
            }
            if isRefused || !connect(client) { Glibc.close(client) }
        }
        Glibc.close(listener)
    }

    private func connect(_ client: Int32) -> Bool {
        let server = Self.socket()
        guard Self.withAddress(port: upstream, { Glibc.connect(server, $0, $1) }) == 0 else {
            Glibc.close(server)
            return false
        }
        state.withLock { $0.open.formUnion([client, server]) }
        let finished = DispatchGroup()
        for (from, to) in [(client, server), (server, client)] {
            finished.enter()
            Thread { [self] in
                pump(from, to, isAnswer: from == server)
                finished.leave()
            }.start()
        }
        Thread { [self] in
            finished.wait()
            // Under the lock: a number that is closed may be another socket's in the next moment.
            state.withLock { state in
                state.open.subtract([client, server])
                Glibc.close(client)
                Glibc.close(server)
            }
        }.start()
        return true
    }

    private func pump(_ from: Int32, _ to: Int32, isAnswer: Bool) {
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = read(from, &buffer, buffer.count)
            guard count > 0 else { break }
            let mode = state.withLock { state in
                state.forwarded += count
                return state.mode
            }
            if mode == .blackHole || (mode == .swallowAnswers && isAnswer) { continue }
            if case .delay(let time) = mode { usleep(UInt32(time / .microseconds(1))) }
            if case .cutAfter(let left) = mode { spend(count, of: left) }
            guard send(to, buffer, count, Int32(MSG_NOSIGNAL)) == count else { break }
        }
        shutdown(from, Int32(SHUT_RDWR))
        shutdown(to, Int32(SHUT_RDWR))
    }

    private func spend(_ count: Int, of left: Int) {
        let isOver = count >= left
        // Two directions may spend at once, and one of them be forgotten: what counts is that it ends.
        state.withLock { $0.mode = isOver ? .forward : .cutAfter(left - count) }
        if isOver { cut() }
    }

    private static func socket() -> Int32 {
        Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    }

    private static func withAddress(port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
    }

    private static func port(of socket: Int32) -> UInt16? {
        var address = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(socket, $0, &size) }
        }
        return code == 0 ? UInt16(bigEndian: address.sin_port) : nil
    }
}
