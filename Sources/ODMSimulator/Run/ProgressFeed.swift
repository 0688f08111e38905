internal import Foundation

/// ODM's progress datagrams: `PGUP/<pid>/<project>/<percent>` to 127.0.0.1:6367, whether anybody listens or not.
/// Source: ODM's opendm/progress.py.
final class ProgressFeed {
    private let socket: Int32
    private let name: String

    init(_ name: String) {
        self.name = name
        socket = Foundation.socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    }

    deinit { close(socket) }

    /// - Parameter percent: of the whole run; goes back to 0 once, in ODM, too.
    func send(_ percent: Double) {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(6367).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let text = Array("PGUP/\(getpid())/\(name)/\(percent)".utf8)
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                // Lost datagrams are part of the protocol.
                _ = sendto(socket, text, text.count, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
