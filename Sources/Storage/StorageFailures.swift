import Failures
import Glibc
import SFTP

extension Failure {
    static func badStoragePath(_ text: String) -> Failure {
        Failure("bad_storage_path", "the path \"\(text.prefix(80))\" does not lie within the storage folder")
    }
    static func notStored(_ path: StoragePath) -> Failure {
        Failure("not_stored", "\(path) is not in storage; upload it again")
    }
    static func storage(_ operation: String, _ path: StoragePath, _ code: Int32) -> Failure {
        // Full disks, quotas and I/O errors pass; what the path itself forbids does not.
        let permanent: Set<Int32> = [EACCES, EPERM, ENAMETOOLONG, ENOTDIR, EISDIR, ELOOP]
        return Failure(
            code == ENOSPC || code == EDQUOT ? "storage_full" : "storage_failed",
            "could not \(operation) \(path): \(String(cString: strerror(code)))",
            retry: permanent.contains(code) ? .never : .later)
    }

    /// What the storage server answered.
    /// - Parameter path: nil for the storage folder itself.
    static func storage(_ operation: String, _ path: StoragePath?, _ status: SFTPStatus) -> Failure {
        let name = path?.text ?? "the storage folder"
        switch status.code {
        case .permissionDenied:
            return Failure(
                "storage_denied",
                "could not \(operation) \(name): the storage server does not allow it; let its user read and write there",
                detail: "\(status)")
        case .endOfFile: return transfer(operation, path, .sourceChanged)
        case .noSuchFile:
            return Failure(
                "storage_changed",
                "could not \(operation) \(name): it, or the folder that it is in, was taken away meanwhile",
                detail: "\(status)", retry: .later)
        default:
            let failure = status.failure
            return Failure(
                failure.code, "could not \(operation) \(name): the storage server answered \"\(status.message)\"",
                detail: "\(status)", retry: failure.retry)
        }
    }

    static func noHash(_ path: StoragePath) -> Failure {
        Failure(
            "storage_failed",
            "could not compare \(path): the storage server computes no SHA-256 any more; it is tried again without",
            retry: .later)
    }

    /// Nobody's fault but the disk's, and what waits for it has often cost hours: it may wait for long.
    static func storageFull(_ operation: String, _ path: StoragePath?, _ detail: String) -> Failure {
        Failure(
            "storage_full",
            "could not \(operation) \(path?.text ?? "the storage folder"): the disk of the storage server is full",
            detail: detail, retry: .withoutBlame)
    }

    static func transfer(_ operation: String, _ path: StoragePath?, _ error: TransferError) -> Failure {
        let name = path?.text ?? "the storage folder"
        switch error {
        case .local(ENOSPC), .local(EDQUOT):
            return Failure(
                "disk_full", "could not \(operation) \(name): the worker's disk is full", retry: .later)
        case .local(let code):
            return Failure(
                "storage_failed",
                "could not \(operation) \(name): \(String(cString: strerror(code))) on the worker's disk",
                retry: .later)
        case .sourceChanged:
            return Failure(
                "storage_changed", "could not \(operation) \(name): it was changed while it was read", retry: .later)
        case .cameBackDifferent:
            return Failure(
                "storage_damaged",
                "could not \(operation) \(name): what arrived is not what was sent; it is tried again, and where that does"
                    + " not help, have the storage server's disk and memory checked", retry: .later)
        }
    }
}
