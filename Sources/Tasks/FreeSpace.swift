import Foundation

/// What is free on a disk, for those who are not root.
public struct FreeSpace: Sendable {
    public let bytes: Int64
    /// Nil where the file system has no limit to its files.
    public let files: Int64?

    /// - Parameter folder: need not be there yet. Nil where the file system does not tell.
    public init?(of folder: String) {
        var path = folder
        var disk = statvfs()
        while statvfs(path, &disk) != 0 {
            guard errno == ENOENT, path.count > 1 else { return nil }
            path = (path as NSString).deletingLastPathComponent
        }
        guard disk.f_blocks > 0 else { return nil }
        bytes = Int64(clamping: UInt64(disk.f_bavail) * UInt64(disk.f_frsize))
        files = disk.f_files == 0 ? nil : Int64(clamping: UInt64(disk.f_favail))
    }
}
