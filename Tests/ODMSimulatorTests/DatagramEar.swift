import Foundation

/// Keeps the UDP datagrams that arrive at a port of loopback.
final class DatagramEar {
    private let socket: Int32

    /// Nil while somebody else has the port.
    init?(port: UInt16) {
        let socket = Foundation.socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let code = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        self.socket = socket
        guard code == 0 else { return nil }
    }

    deinit { close(socket) }

    /// What has arrived by now.
    func all() -> [String] {
        var buffer = [UInt8](repeating: 0, count: 2048), texts: [String] = []
        while true {
            let count = recv(socket, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            guard count > 0 else { return texts }
            texts.append(String(decoding: buffer.prefix(count), as: UTF8.self))
        }
    }
}
