/// A size in bytes: of memory, a file, a limit.
public struct ByteCount: Comparable, Hashable, Codable, Sendable, CustomStringConvertible {
    /// Units that a size may be written in, largest first.
    private static let units: [(suffix: String, bytes: Int64)] = [
        ("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1),
    ]

    public let bytes: Int64

    public init(bytes: Int64) {
        self.bytes = bytes
    }

    public static func mebibytes(_ count: Int64) -> ByteCount { ByteCount(bytes: count << 20) }
    public static func gibibytes(_ count: Int64) -> ByteCount { ByteCount(bytes: count << 30) }

    /// Reads `512MiB`, `96GiB`: one whole number and `B`, `KiB`, `MiB`, `GiB` or `TiB`.
    ///
    /// `GB` is refused, because half of its readers take it for `GiB`.
    public init?(written text: String) {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let count = Int64(digits),
            let unit = Self.units.first(where: { $0.suffix == text.dropFirst(digits.count) })
        else { return nil }
        let (bytes, overflow) = count.multipliedReportingOverflow(by: unit.bytes)
        guard !overflow else { return nil }
        self.bytes = bytes
    }

    /// `percent` of this size, rounded down to whole MiB, so that it is short to print.
    public func share(percent: Int) -> ByteCount {
        .mebibytes(Int64(Double(bytes) * Double(percent) / 100) >> 20)
    }

    /// The size as a setting is written, in the largest unit that holds it whole.
    public var description: String {
        guard bytes != 0 else { return "0B" }
        let unit = Self.units.first { bytes.isMultiple(of: $0.bytes) }
        return unit.map { "\(bytes / $0.bytes)\($0.suffix)" } ?? "\(bytes)B"
    }

    public static func < (left: ByteCount, right: ByteCount) -> Bool { left.bytes < right.bytes }
}
