/// A piece of work on files from strangers, done by native libraries in a child process.
///
/// The value travels to the child as JSON, and so does what comes back. A crash, an endless loop or a flood of
/// memory in it fails this work and nothing else.
public protocol NativeWork: Codable, Sendable {
    associatedtype Output: Codable & Sendable

    /// Unique among all kinds of native work.
    static var name: String { get }

    /// Does the work, in the child. May block. `progress` takes 0 to 1.
    /// - Throws: `Failure`.
    func run(progress: @escaping (Double) -> Void) throws -> Output
}

/// What the kernel grants a child. Passing a limit ends the child, and the failure says which limit it was.
public struct NativeLimits: Codable, Sendable, Equatable {
    /// Address space, bytes.
    public var memory: UInt64
    /// Seconds of CPU time, all threads together.
    public var cpuSeconds: UInt64
    /// Size of any one file it writes, bytes.
    public var fileSize: UInt64

    /// Default: 8 GiB, 12 h, 1 TiB. A raster of 100,000 × 100,000 pixels stays well within.
    public init(memory: UInt64 = 8 << 30, cpuSeconds: UInt64 = 12 * 3600, fileSize: UInt64 = 1 << 40) {
        self.memory = memory
        self.cpuSeconds = cpuSeconds
        self.fileSize = fileSize
    }
}

/// What a child gave back.
public struct NativeResult<Output: Sendable>: Sendable {
    public let output: Output
    public let peakMemoryBytes: Int64
}

/// What the parent writes to the child's standard input, as one line.
struct NativeRequest<Work: Codable>: Codable {
    let name: String
    let limits: NativeLimits
    let work: Work
}

/// The part of the request that can be read before the kind of work is known.
struct NativeRequestHead: Codable {
    let name: String
    let limits: NativeLimits
}
