/// What a photo is by its first bytes; its name has no say.
public enum PhotoFormat: String, Codable, CaseIterable, Sendable {
    case jpeg, tiff, dng, png

    /// Recognises JPEG, TIFF (also BigTIFF) and PNG. A DNG begins like any TIFF: `PhotoReader` tells them
    /// apart by the DNGVersion tag.
    public init?(magic head: some Collection<UInt8>) {
        let start = Array(head.prefix(8))
        let known: [([UInt8], PhotoFormat)] = [
            ([0xFF, 0xD8, 0xFF], .jpeg),
            ([0x49, 0x49, 0x2A, 0x00], .tiff), ([0x4D, 0x4D, 0x00, 0x2A], .tiff),
            ([0x49, 0x49, 0x2B, 0x00], .tiff), ([0x4D, 0x4D, 0x00, 0x2B], .tiff),
            ([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], .png),
        ]
        guard let match = known.first(where: { start.starts(with: $0.0) }) else { return nil }
        self = match.1
    }

    /// The extensions, lower case, that people give such files; the first is the one we would give.
    public var extensions: [String] {
        switch self {
        case .jpeg: ["jpg", "jpeg"]
        case .tiff: ["tif", "tiff"]
        case .dng: ["dng"]
        case .png: ["png"]
        }
    }
}
