import CLibSSH2
import Execution
import Failures
import Glibc

/// A connected socket that never blocks; whoever owns it closes it.
struct TCPSocket: ~Copyable {
    let descriptor: Int32

    /// How often a wait looks whether it was interrupted, in milliseconds.
    static let tick: Int32 = 100

    /// Connects to the first of the host's addresses that answers.
    /// - Throws: `Failure` `storage_unreachable`; `CancellationError`.
    init(_ server: ServerAddress, until end: ContinuousClock.Instant, _ interruption: Interruption) throws {
        let found = try AddressList(server, until: end, interruption)
        descriptor = try Self.connect(toOneOf: found.first, server, until: end, interruption)
        tune()
    }

    deinit { close(descriptor) }

    /// Waits for one of the events of poll(2), for one tick at most.
    /// - Returns: whether one came.
    func wait(for events: Int32, _ interruption: Interruption) throws -> Bool {
        try interruption.check()
        return Self.poll(descriptor, events, Self.tick)
    }

    func isReady(for events: Int32) -> Bool { Self.poll(descriptor, events, 0) }

    /// For how long nothing has come from the other side. The kernel's acknowledgements do not count: a path may swallow
    /// what they stand for.
    var quiet: Duration { .milliseconds(max(0, sshshim_quiet_milliseconds(descriptor))) }

    /// Ends both directions at once, so that what libssh2 still wants to say fails in place of waiting.
    func hangUp() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    private static func connect(
        toOneOf addresses: UnsafeMutablePointer<addrinfo>, _ server: ServerAddress, until end: ContinuousClock.Instant,
        _ interruption: Interruption
    ) throws -> Int32 {
        var problem = ETIMEDOUT
        for address in sequence(first: addresses, next: { $0.pointee.ai_next }) {
            let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
            let descriptor = socket(address.pointee.ai_family, kind, 0)
            var isOurs = false
            defer { if !isOurs, descriptor >= 0 { close(descriptor) } }
            // One of several that does not answer must not use up the time of all.
            let limit = address.pointee.ai_next == nil ? end : min(end, .now + .seconds(2))
            problem = descriptor < 0 ? errno : try connect(descriptor, address.pointee, until: limit, interruption)
            isOurs = problem == 0
            if isOurs { return descriptor }
        }
        throw Failure.unreachable("\(server.name): \(String(cString: strerror(problem)))")
    }

    /// - Returns: an errno, 0 when it is connected.
    private static func connect(
        _ descriptor: Int32, _ address: addrinfo, until end: ContinuousClock.Instant, _ interruption: Interruption
    ) throws -> Int32 {
        var code = Glibc.connect(descriptor, address.ai_addr, address.ai_addrlen) == 0 ? 0 : errno
        while code == EINPROGRESS {
            try interruption.check()
            if poll(descriptor, POLLOUT, tick) {
                code = pendingError(descriptor)
            } else if .now > end {
                code = ETIMEDOUT
            }
        }
        return code
    }

    private static func poll(_ descriptor: Int32, _ events: Int32, _ milliseconds: Int32) -> Bool {
        var request = pollfd(fd: descriptor, events: Int16(events), revents: 0)
        return Glibc.poll(&request, 1, milliseconds) > 0
    }

    private static func pendingError(_ descriptor: Int32) -> Int32 {
        var (code, size) = (Int32(0), socklen_t(MemoryLayout<Int32>.size))
        return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size) == 0 ? code : errno
    }

    /// Small packets at once, and the kernel's keepalive, so that firewalls keep a connection in the pool in mind.
    private func tune() {
        set(Int32(IPPROTO_TCP), TCP_NODELAY, 1)
        set(SOL_SOCKET, SO_KEEPALIVE, 1)
        set(Int32(IPPROTO_TCP), TCP_KEEPIDLE, 15)
        set(Int32(IPPROTO_TCP), TCP_KEEPINTVL, 5)
        set(Int32(IPPROTO_TCP), TCP_KEEPCNT, 3)
    }

    private func set(_ level: Int32, _ option: Int32, _ value: Int32) {
        var value = value
        setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
    }
}
