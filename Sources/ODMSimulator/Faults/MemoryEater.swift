internal import Foundation

/// Fills the memory of the container that it runs in, until the kernel kills it. It does so only where there is a
/// limit: elsewhere the process kills itself.
public enum MemoryEater {
    /// Set for the child that is to be killed.
    public static let variable = "ODM_SIM_CHILD"

    /// Whether this process was started to be killed.
    public static var isWanted: Bool { ProcessInfo.processInfo.environment[variable] != nil }

    /// Runs this program once more, as the child that is killed.
    /// - Returns: its exit code as a shell says it.
    static func runAsChild() throws -> Int {
        setenv(variable, "memory", 1)
        defer { unsetenv(variable) }
        var arguments: [UnsafeMutablePointer<CChar>?] = [strdup("odm-simulator"), nil]
        defer { free(arguments[0]) }
        var child: pid_t = 0
        let code = posix_spawn(&child, "/proc/self/exe", nil, nil, &arguments, environ)
        guard code == 0 else { throw POSIXError(POSIXErrorCode(rawValue: code) ?? .EIO) }
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        let signal = status & 0x7F
        return signal == 0 ? Int(status >> 8 & 0xFF) : 128 + Int(signal)
    }

    /// Never comes back.
    /// - Parameter takingFirstProcess: whether the container's first process is to be killed, not this one.
    public static func eatAll(takingFirstProcess: Bool = false) -> Never {
        if let limit {
            // The kernel takes the process with the highest mark, not the one that asks for more.
            prefer(takingFirstProcess ? "1" : "self")
            var eaten = 0
            while eaten < limit + limit / 2 {
                touch(8 << 20)
                eaten += 8 << 20
            }
        }
        kill(getpid(), SIGKILL)
        while true { pause() }
    }

    /// What the container's control group allows, bytes; nil outside of a container, or without a limit.
    private static var limit: Int? {
        guard FileManager.default.fileExists(atPath: "/.dockerenv") else { return nil }
        let paths = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"]
        // Only one of the two versions is there; "max" is no number.
        let limits = paths.compactMap { try? String(contentsOfFile: $0, encoding: .utf8) }
            .compactMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
        return limits.first { $0 < 1 << 50 }
    }

    private static func prefer(_ process: String) {
        // Where it is not allowed the kernel takes the largest process, which will be this one.
        try? "1000".write(toFile: "/proc/\(process)/oom_score_adj", atomically: false, encoding: .utf8)
    }

    private static func touch(_ bytes: Int) {
        guard let block = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
            block != MAP_FAILED
        else { return }
        memset(block, 0xA5, bytes)
    }
}
