import Dispatch
import Execution
import Failures
import Glibc
import Synchronization

/// A host's addresses, as long as this lives.
///
/// The resolver may take half a minute, and cannot be interrupted: it works on a thread that is left to itself when its
/// answer comes too late.
struct AddressList: ~Copyable {
    let first: UnsafeMutablePointer<addrinfo>

    /// - Throws: `Failure` `storage_unreachable`; `CancellationError`.
    init(_ server: ServerAddress, until end: ContinuousClock.Instant, _ interruption: Interruption) throws {
        let (host, port, lookUp) = (server.host, "\(server.port)", LookUp())
        DispatchQueue.global().async { lookUp.run(host, port) }
        while lookUp.isReady.wait(timeout: .now() + .milliseconds(Int(TCPSocket.tick))) == .timedOut {
            try interruption.check()
            guard .now < end else { throw Failure.unreachable("\(server.name): the resolver does not answer") }
        }
        let (code, found) = lookUp.take()
        guard code == 0, let found else {
            throw Failure.unreachable("\(server.name): \(String(cString: gai_strerror(code)))")
        }
        first = found
    }

    deinit { freeaddrinfo(first) }

    /// One call of getaddrinfo. Whoever comes second, the answer or the end of patience, frees it.
    private final class LookUp: Sendable {
        let isReady = DispatchSemaphore(value: 0)
        private let answer = Mutex<(code: Int32, address: UInt)>((EAI_AGAIN, 0))

        func run(_ host: String, _ port: String) {
            var hints = addrinfo()
            hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
            var found: UnsafeMutablePointer<addrinfo>?
            let code = getaddrinfo(host, port, &hints, &found)
            answer.withLock { $0 = (code, UInt(bitPattern: found)) }
            isReady.signal()
        }

        func take() -> (code: Int32, found: UnsafeMutablePointer<addrinfo>?) {
            answer.withLock { answer in
                defer { answer.address = 0 }
                return (answer.code, UnsafeMutablePointer(bitPattern: answer.address))
            }
        }

        deinit {
            if let left = take().found { freeaddrinfo(left) }
        }
    }
}
