import Foundation
import Glibc

/// A file system of a few kibibytes, in memory. Needs root.
public struct SmallDisk {
    private let path: String

    /// Nil where it can be made.
    public static let whyNot: String? = {
        let path = NSTemporaryDirectory() + "deadtrees-try-\(getpid())"
        let disk = try? SmallDisk(at: path, kibibytes: 100)  // what cannot be made is the answer
        guard geteuid() == 0, disk != nil else {
            return "mounting a tmpfs needs root and a machine that allows it"
        }
        umount2(path, Int32(MNT_DETACH))
        rmdir(path)
        return nil
    }()

    /// Runs `body` with such a disk mounted at `path`.
    public static func with(at path: String, kibibytes: Int, _ body: (SmallDisk) async throws -> Void) async throws {
        let disk = try SmallDisk(at: path, kibibytes: kibibytes)
        defer { umount2(path, Int32(MNT_DETACH)) }
        try await body(disk)
    }

    private init(at path: String, kibibytes: Int) throws {
        self.path = path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try Self.mount(path, kibibytes, 0)
    }

    public func grow(toKibibytes kibibytes: Int) throws { try Self.mount(path, kibibytes, UInt(MS_REMOUNT)) }

    /// In kibibytes.
    public var used: Int {
        var system = statvfs()
        guard statvfs(path, &system) == 0 else { return 0 }
        return Int(system.f_blocks - system.f_bfree) * Int(system.f_frsize) / 1024
    }

    private static func mount(_ path: String, _ kibibytes: Int, _ flags: UInt) throws {
        guard Glibc.mount("tmpfs", path, "tmpfs", flags, "size=\(kibibytes)k") == 0 else {
            throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
        }
    }
}
