import Foundation
import Glibc

/// A server on loopback that does with each connection what a test says, on a thread; there until the tests end.
struct TinyServer {
    /// One connection, while it is served.
    struct Client {
        fileprivate let socket: Int32

        /// The request's head, up to and including the empty line; what there was, if the client hung up.
        func readHead() -> String {
            var head: [UInt8] = []
            var byte: UInt8 = 0
            while !head.suffix(4).elementsEqual(Array("\r\n\r\n".utf8)), read(socket, &byte, 1) == 1 {
                head.append(byte)
            }
            return String(decoding: head, as: UTF8.self)
        }

        func readBody(_ count: Int) -> [UInt8] {
            var body: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 65536)
            while body.count < count {
                let some = read(socket, &buffer, min(buffer.count, count - body.count))
                guard some > 0 else { break }
                body.append(contentsOf: buffer[..<some])
            }
            return body
        }

        func send(_ text: String) {
            let bytes = Array(text.utf8)
            var done = 0
            while done < bytes.count {
                let some = bytes[done...].withUnsafeBytes {
                    Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                guard some > 0 else { return }
                done += some
            }
        }

        /// Returns when the client has hung up.
        func waitForHangUp() {
            while !readBody(1).isEmpty {}
        }
    }

    let address: String

    /// - Parameter serve: what happens with a connection; it is closed afterwards.
    init(_ serve: @escaping @Sendable (Client) -> Void) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var place = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        place.sin_family = sa_family_t(AF_INET)
        place.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
        let isListening = withUnsafeMutablePointer(to: &place) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, size) == 0 && listen(listener, 16) == 0 && getsockname(listener, $0, &size) == 0
            }
        }
        guard isListening else {
            Glibc.close(listener)
            throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
        }
        address = "http://127.0.0.1:\(UInt16(bigEndian: place.sin_port))"
        Thread {
            while case let client = accept(listener, nil, nil), client >= 0 {
                serve(Client(socket: client))
                Glibc.close(client)
            }
        }.start()
    }
}

/// What a request brought, told by a server's thread to a test.
struct Seen<Value: Sendable>: Sendable {
    private let stream: AsyncStream<Value>
    private let continuation: AsyncStream<Value>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream() }

    func tell(_ value: Value) { continuation.yield(value) }

    /// The next one.
    func next() async -> Value? { await stream.first { _ in true } }
}
