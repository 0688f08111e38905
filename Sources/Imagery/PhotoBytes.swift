/// A photo that is read in pieces: the first 64 KiB once, and more only where its own structure says so.
///
/// Never holds more than the head and one further window, whatever the photo claims. Not thread-safe.
final class PhotoBytes {
    /// Returns up to `count` bytes from `offset`, fewer only at the end of the photo.
    typealias Fetch = (_ offset: Int, _ count: Int) throws -> [UInt8]

    static let headSize = 64 << 10
    /// A window beyond the head; also the longest run of bytes that can be asked for there.
    static let windowSize = 80 << 10
    /// Windows fetched per photo before we call it a maze and stop.
    static let maximumWindows = 96

    /// Bytes of the whole photo as its container states them.
    let size: Int
    private let fetch: Fetch
    private(set) var head: [UInt8]
    private var window: [UInt8] = []
    private var windowStart = 0
    private var windowsLeft = PhotoBytes.maximumWindows

    init(size: Int, fetch: @escaping Fetch) throws {
        self.size = size
        self.fetch = fetch
        head = try fetch(0, min(size, Self.headSize))
    }

    convenience init(_ bytes: [UInt8]) throws {
        try self.init(size: bytes.count) { offset, count in
            guard offset < bytes.count else { return [] }
            return Array(bytes[offset..<min(bytes.count, offset + count)])
        }
    }

    /// Up to `count` bytes from `offset`, fewer only at the end; not kept, and not counted as a window.
    func passing(at offset: Int, count: Int) throws -> [UInt8] {
        try fetch(offset, min(count, size - offset))
    }

    /// `count` bytes from `offset`, or nil where the photo does not have them (or hides them in a maze).
    func bytes(at offset: Int, count: Int) throws -> ArraySlice<UInt8>? {
        guard offset >= 0, count >= 0, count <= Self.windowSize, offset <= size, count <= size - offset else {
            return nil
        }
        if offset + count <= head.count { return head[offset..<offset + count] }
        if offset < windowStart || offset + count > windowStart + window.count {
            guard windowsLeft > 0 else { return nil }
            windowsLeft -= 1
            window = try fetch(offset, min(size - offset, Self.windowSize))
            windowStart = offset
            guard count <= window.count else { return nil }
        }
        let start = offset - windowStart
        return window[start..<start + count]
    }
}
