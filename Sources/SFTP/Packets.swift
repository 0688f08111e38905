import Failures
import Foundation

/// The types of the SFTP protocol's packets, version 3.
/// Source: https://datatracker.ietf.org/doc/html/draft-ietf-secsh-filexfer-02
enum PacketType: UInt8 {
    case initialise = 1, version = 2, open = 3, close = 4, read = 5, write = 6, lstat = 7, fstat = 8
    case openDirectory = 11, readDirectory = 12, remove = 13, makeDirectory = 14
    case rename = 18
    case status = 101, handle = 102, data = 103, name = 104, attributes = 105
    case extended = 200, extendedReply = 201
}

/// A request while it is put together: its length is filled in at the end.
struct PacketWriter {
    private(set) var bytes: [UInt8] = [0, 0, 0, 0]

    init(_ type: PacketType, id: UInt32) {
        bytes.append(type.rawValue)
        add(id)
    }

    mutating func add(_ number: UInt32) { withUnsafeBytes(of: number.bigEndian) { bytes += $0 } }
    mutating func add(_ number: UInt64) { withUnsafeBytes(of: number.bigEndian) { bytes += $0 } }
    mutating func add(_ text: String) { add([UInt8](text.utf8)) }
    mutating func add(_ data: [UInt8]) {
        add(UInt32(data.count))
        bytes += data
    }

    /// - Parameter following: how many bytes are sent right after these as a part of the packet.
    func finished(following: Int = 0) -> [UInt8] {
        var whole = bytes
        let length = UInt32(bytes.count - 4 + following).bigEndian
        withUnsafeBytes(of: length) { whole.replaceSubrange(0..<4, with: $0) }
        return whole
    }
}

/// Reads what packets and keys are made of. Valid as long as the bytes are.
struct PacketReader {
    private var rest: UnsafeRawBufferPointer

    init(_ bytes: UnsafeRawBufferPointer) { rest = bytes }

    mutating func uint8() throws -> UInt8 { try take(1)[0] }
    mutating func uint32() throws -> UInt32 { UInt32(bigEndian: try take(4).loadUnaligned(as: UInt32.self)) }
    mutating func uint64() throws -> UInt64 { UInt64(bigEndian: try take(8).loadUnaligned(as: UInt64.self)) }
    mutating func data() throws -> UnsafeRawBufferPointer { try take(Int(try uint32())) }
    mutating func text() throws -> String { String(decoding: try data(), as: UTF8.self) }
    var isAtEnd: Bool { rest.isEmpty }

    private mutating func take(_ count: Int) throws -> UnsafeRawBufferPointer {
        guard count <= rest.count else { throw Failure.unreachable("a packet of the server was cut short") }
        defer { rest = UnsafeRawBufferPointer(rebasing: rest[count...]) }
        return UnsafeRawBufferPointer(rebasing: rest[..<count])
    }
}

/// What the server says of a file or folder. Parts that it leaves out are nil.
public struct FileAttributes: Sendable, Equatable {
    public var bytes: Int64?
    /// Kind and permissions, as stat(2) has them.
    public var mode: UInt32?
    /// Seconds since 1970: the protocol has no finer ones.
    public var modified: UInt32?

    /// A link is neither folder nor file.
    public var isFolder: Bool { kind == 0o040000 }
    /// A regular one.
    public var isFile: Bool { kind == 0o100000 }
    private var kind: UInt32 { (mode ?? 0) & 0o170000 }

    init(_ reader: inout PacketReader) throws {
        let flags = try reader.uint32()
        if flags & 1 != 0 { bytes = Int64(clamping: try reader.uint64()) }
        if flags & 2 != 0 { _ = (try reader.uint32(), try reader.uint32()) }
        if flags & 4 != 0 { mode = try reader.uint32() }
        if flags & 8 != 0 {
            _ = try reader.uint32()
            modified = try reader.uint32()
        }
        guard flags & 0x8000_0000 != 0 else { return }
        for _ in 0..<(try reader.uint32()) { _ = (try reader.data(), try reader.data()) }
    }
}
