/// A file or folder that is open on the server.
public struct RemoteFile: Sendable {
    let handle: [UInt8]
}

/// How a file is opened.
public struct OpenMode: OptionSet, Sendable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Its bytes may be read.
    public static let read = OpenMode(rawValue: 1)
    /// Its bytes may be written; what is there stays.
    public static let write = OpenMode(rawValue: 2)
    /// It is made where it is missing, with mode 0644.
    public static let create = OpenMode(rawValue: 8)
    /// Together with `create`: fails where something of that name is there.
    public static let mustBeNew = OpenMode(rawValue: 32)
}
