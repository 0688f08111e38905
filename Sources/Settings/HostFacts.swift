import Foundation

/// What defaults depend on and the environment does not say.
public struct HostFacts: Equatable, Sendable {
    /// Processor cores that are online.
    public let cores: Int
    /// Memory of the host, also inside a container with a smaller limit: ODM's container has its own.
    public let memory: ByteCount
    public let hostName: String
    public let homeDirectory: String
    public let currentDirectory: String

    public init(cores: Int, memory: ByteCount, hostName: String, homeDirectory: String, currentDirectory: String) {
        self.cores = cores
        self.memory = memory
        self.hostName = hostName
        self.homeDirectory = homeDirectory
        self.currentDirectory = currentDirectory
    }

    /// Facts of the host that this process runs on.
    public static func current() -> HostFacts {
        let process = ProcessInfo.processInfo
        return HostFacts(
            cores: process.activeProcessorCount,
            memory: ByteCount(bytes: Int64(process.physicalMemory)),
            hostName: process.hostName,
            homeDirectory: NSHomeDirectory(),
            currentDirectory: FileManager.default.currentDirectoryPath)
    }

    /// `path` as an absolute path; `~/` is the home folder.
    func absolute(_ path: String) -> String {
        if path.hasPrefix("/") { return path }
        if path == "~" { return homeDirectory }
        if path.hasPrefix("~/") { return homeDirectory + path.dropFirst(1) }
        return "\(currentDirectory)/\(path)"
    }
}
