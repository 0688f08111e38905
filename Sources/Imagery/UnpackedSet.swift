public import Failures
import Foundation

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
    /// What ODM gets.
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
    /// masks, RTK files, `gcp_list.txt` and `geo.txt` are written, under names that are safe. `choose` says which
    /// photos; by default all but those that cannot be used, copies, and `_MS_` bands beside colour photos. `check`
    /// may refuse the set before anything is written.
    ///
    /// Nothing is forced to disk: this is scratch space, made anew after a crash of the host.
    ///
    /// A failing run leaves nothing behind. One run at a time per `into`. `progress` goes by bytes.
    /// Throws what `scan` and `check` throw, `too_few_photos`, `disk_full`, `unpack_failed`, `already_unpacked`.
    public static func unpack(
        path: String, into: String, limits: UnpackLimits = UnpackLimits(),
        choose: (ImageSet) -> Selection = { $0.selection() },
        check: (ImageSet, Selection) throws(Failure) -> Void = { _, _ throws(Failure) in },
        progress: (Double) -> Void = { _ in }
    ) throws(Failure) -> UnpackedSet {
        let scan = try SetScan(path: path, limits: limits) { progress($0 * 0.05) }
        if let refusal = scan.set.refusal { throw refusal }
        var selection = choose(scan.set)
        if let refusal = selection.refusal(minimum: limits.minimumPhotos) { throw refusal }
        try check(scan.set, selection)
        let plan = UnpackPlan(scan, selection)
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
        let cutOff = try removeCutOff(plan, staging)
        selection.leaveOut(cutOff)
        if let refusal = selection.refusal(minimum: limits.minimumPhotos) { throw refusal }
        try staging.publish(plan.sidecars)
        progress(1)
        return UnpackedSet(
            set: scan.set, photos: plan.photos.filter { !cutOff.contains($0.name) }, sidecars: plan.sidecars,
            warnings: scan.set.warnings + plan.warnings
                + (cutOff.isEmpty ? [] : ["\(list(cutOff)): \(PhotoFacts.cutOff)"]),
            bytes: plan.bytes)
    }

    /// Packed photos show only when they are unpacked whether they are whole. Removes those that are not, and returns
    /// their names.
    private static func removeCutOff(_ plan: UnpackPlan, _ staging: StagingFolder) throws(Failure) -> [String] {
        var names: [String] = []
        let packed = Set(plan.items.filter(\.entry.isPacked).map(\.destination))
        for photo in plan.photos where packed.contains("images/\(photo.file)") {
            let path = staging.path("images/\(photo.file)")
            guard try PhotoReader.read(path: path).warnings.contains(PhotoFacts.cutOff) else { continue }
            names.append(photo.name)
            unlink(path)
        }
        return names
    }
}

extension ImageSet.Selection {
    mutating func leaveOut(_ cutOff: [String]) {
        photos.removeAll { cutOff.contains($0.name) }
        unreadable += cutOff
    }
}
