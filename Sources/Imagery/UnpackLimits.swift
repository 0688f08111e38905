/// What an archive or folder of photos may contain, so that no upload can fill a host.
///
/// A whole flight of a day is some thousands of photos and some tens of GiB; the defaults leave room above that.
public struct UnpackLimits: Codable, Equatable, Sendable {
    /// Entries of any kind, folders included.
    public var maximumEntries = 20_000
    /// Bytes of all files together, unpacked.
    public var maximumTotalBytes = 200 << 30
    /// Bytes of one photo or sidecar, unpacked; films may be longer, they are passed over.
    public var maximumFileBytes = 2 << 30
    /// Unpacked bytes per packed byte, of one file and of the archive. Photos pack hardly at all (JPEG 1:1,
    /// TIFF seldom above 20:1), while deflate makes 1032:1 of zeros.
    /// Source: https://zlib.net/zlib_tech.html (maximum compression factor)
    public var maximumRatio = 200
    /// Below this many unpacked bytes the ratio does not count: small empty files are no attack.
    public var ratioFreeBytes = 100 << 20
    /// Bytes of a path inside the set.
    public var maximumPathBytes = 1024
    /// Folders within folders.
    public var maximumDepth = 32
    /// ODM reconstructs nothing from fewer.
    public var minimumPhotos = 3
    /// Bytes that must stay free on the disk after unpacking.
    public var diskReserve = 1 << 30

    public init() {}
}
