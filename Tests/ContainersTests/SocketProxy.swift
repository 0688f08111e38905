import Foundation
import Glibc
import Synchronization
import Testing

/// Stands between a client and an engine, and fails on command.
final class SocketProxy: Sendable {
    enum Mode: Equatable {
        case forward
        /// Takes connections and says nothing.
        case silent
        /// Hangs up on everybody.
        case refuse
        /// Hangs up after this many bytes of the engine's.
        case truncate(Int)
    }

    private struct State {
        var mode: Mode
        var isClosed = false
        var open: Set<Int32> = []
        var refusals = 0
    }

    let path = "/tmp/deadtrees-\(UUID().uuidString.prefix(8)).sock"
    private let upstream: String
    private let listener: Int32
    private let state: Mutex<State>

    /// - Parameter upstream: `unix://…`, may be empty when nothing is forwarded.
    init(upstream: String, mode: Mode = .forward) throws {
        self.upstream = upstream.replacingOccurrences(of: "unix://", with: "")
        state = Mutex(State(mode: mode))
        listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        let code = Self.withAddress(path) { bind(listener, $0, $1) }
        try #require(code == 0 && listen(listener, 512) == 0)
        Thread { [self] in acceptAll() }.start()
    }

    var host: String { "unix://\(path)" }
    /// Of clients.
    var connections: Int { state.withLock { $0.open.count } }

    /// Connections that were refused.
    var refusals: Int { state.withLock { $0.refusals } }

    /// Changes what happens to new connections, and ends the present ones.
    func become(_ mode: Mode) {
        state.withLock { state in
            state.mode = mode
            for socket in state.open { shutdown(socket, Int32(SHUT_RDWR)) }
        }
    }

    func close() {
        become(.refuse)
        state.withLock { $0.isClosed = true }
        shutdown(listener, Int32(SHUT_RDWR))
        unlink(path)
    }

    private static func withAddress(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
    }

    private func acceptAll() {
        while true {
            let client = accept(listener, nil, nil)
            guard client >= 0 else { break }
            let mode = state.withLock { state in
                state.open.insert(client)
                return state.mode
            }
            switch mode {
            case .refuse:
                state.withLock { $0.refusals += 1 }
                done(client)
            case .silent:
                Thread { [self] in
                    drain(client); done(client)
                }.start()
            case .forward: connect(client, limit: .max)
            case .truncate(let limit): connect(client, limit: limit)
            }
        }
        Glibc.close(listener)
    }

    private func connect(_ client: Int32, limit: Int) {
        let server = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard Self.withAddress(upstream, { Glibc.connect(server, $0, $1) }) == 0 else {
            Glibc.close(server)
            return done(client)
        }
        let finished = DispatchGroup()
        for (from, to, limit) in [(client, server, Int.max), (server, client, limit)] {
            finished.enter()
            Thread { [self] in
                pump(from, to, limit: limit)
                finished.leave()
            }.start()
        }
        Thread { [self] in
            finished.wait()
            Glibc.close(server)
            done(client)
        }.start()
    }

    private func pump(_ from: Int32, _ to: Int32, limit: Int) {
        var buffer = [UInt8](repeating: 0, count: 65536)
        var left = limit
        while left > 0 {
            let count = read(from, &buffer, min(buffer.count, left))
            guard count > 0, send(to, buffer, count, Int32(MSG_NOSIGNAL)) == count else { break }
            left -= count
        }
        shutdown(from, Int32(SHUT_RDWR))
        shutdown(to, Int32(SHUT_RDWR))
    }

    private func drain(_ client: Int32) {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while read(client, &buffer, buffer.count) > 0 {}
    }

    private func done(_ client: Int32) {
        state.withLock { _ = $0.open.remove(client) }
        Glibc.close(client)
    }
}
