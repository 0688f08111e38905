public import Failures

/// A set of photos as it was laid out for ODM: `images/` without subfolders, RTK and control files beside it.
public struct UnpackedSet: Codable, Equatable, Sendable {
    public struct Photo: Codable, Equatable, Sendable {
        /// Path inside the set, as `ImageSet.Photo.name`.
        public var name: String
        /// File name in `images/`.
        public var file: String
        public var bytes: Int
    }

    public var set: ImageSet
    public var photos: [Photo]
    /// Names of RTK and control files beside `images/`.
    public var sidecars: [String]
    public var warnings: [String]
    /// Bytes written (or linked), all files.
    public var bytes: Int
}

extension ImageSet {
    /// Lays the ZIP archive or folder at `path` out in the folder `into`, which is made where it is missing.
    ///
    /// `images/` appears there at the end, in one step and whole; of an archive each file's size and CRC-32
    /// have been checked then. Files of a folder are hard links where that is possible. Only photos, their
    /// masks, RTK files, `gcp_list.txt` and `geo.txt` are written, under names that are safe. `include` may
    /// leave photos out; copies with the same bytes and `_MS_` bands beside colour photos are left out anyway.
    ///
    /// Nothing is forced to disk: this is scratch space, made anew after a crash of the host.
    ///
    /// A failing run leaves nothing behind. One run at a time per `into`. `progress` goes by bytes.
    /// Throws what `scan` throws, `too_few_photos`, `disk_full`, `unpack_failed`, `already_unpacked`.
    public static func unpack(
        path: String, into: String, limits: UnpackLimits = UnpackLimits(),
        include: (Photo) -> Bool = { _ in true }, progress: (Double) -> Void = { _ in }
    ) throws(Failure) -> UnpackedSet {
        let scan = try SetScan(path: path, limits: limits) { progress($0 * 0.05) }
        if let refusal = scan.set.refusal { throw refusal }
        let plan = UnpackPlan(scan, include: include)
        guard plan.photos.count >= limits.minimumPhotos else {
            throw .tooFewPhotos(plan.photos.count, minimum: limits.minimumPhotos)
        }
        let staging = try StagingFolder(in: into)
        try staging.checkSpace(for: plan.bytes, reserve: limits.diskReserve)
        var written = 0
        // In the archive's order, so that the disk reads forwards.
        for item in plan.items.sorted(by: { $0.entry.index < $1.entry.index }) {
            try scan.source.extract(item.entry, to: staging.path(item.destination)) { count in
                written += count
                progress(0.05 + 0.95 * Double(written) / Double(max(plan.bytes, 1)))
            }
        }
        try staging.publish(plan.sidecars)
        progress(1)
        return UnpackedSet(
            set: scan.set, photos: plan.photos, sidecars: plan.sidecars, warnings: scan.set.warnings + plan.warnings,
            bytes: plan.bytes)
    }
}
