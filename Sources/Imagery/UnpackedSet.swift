public import Failures
import Foundation
import Synchronization

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
    /// A failing run leaves nothing behind. One run at a time per `into`. `threads` entries are written at a time, which
    /// changes nothing about the outcome: of several damaged entries the first in the archive is named. `progress` goes
    /// by bytes, and never back; it is called on several threads, but never on two at once.
    /// Throws what `scan` and `check` throw, `too_few_photos`, `disk_full`, `unpack_failed`, `already_unpacked`.
    public static func unpack(
        path: String, into: String, limits: UnpackLimits = UnpackLimits(), threads: Int = defaultThreads,
        choose: (ImageSet) -> Selection = { $0.selection() },
        check: (ImageSet, Selection) throws(Failure) -> Void = { _, _ throws(Failure) in },
        progress: (Double) -> Void = { _ in }
    ) throws(Failure) -> UnpackedSet {
        let scan = try SetScan(path: path, limits: limits, threads: threads) { progress($0 * 0.05) }
        if let refusal = scan.set.refusal { throw refusal }
        var selection = choose(scan.set)
        if let refusal = selection.refusal(minimum: limits.minimumPhotos) { throw refusal }
        try check(scan.set, selection)
        let plan = UnpackPlan(scan, selection)
        let staging = try StagingFolder(in: into)
        try staging.checkSpace(for: plan.bytes, reserve: limits.diskReserve)
        let cutOff = try write(plan, scan.crew, staging) { progress(0.05 + 0.95 * $0) }
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

    /// Writes all files. Packed photos show only then whether they are whole: removes those that are not, and returns
    /// their names.
    private static func write(
        _ plan: UnpackPlan, _ crew: Crew<any OpenSource>, _ staging: StagingFolder, progress: (Double) -> Void
    ) throws(Failure) -> [String] {
        let written = Mutex(0)
        let all = Double(max(plan.bytes, 1))
        // In the archive's order, so that the disk reads forwards.
        let items = plan.items.sorted { $0.entry.index < $1.entry.index }
        let cutOff = try crew.map(items) { source, item, turn throws(Failure) -> String? in
            let path = staging.path(item.destination)
            try source.extract(item.entry, to: path) { count throws(Failure) in
                try turn.check()
                written.withLock { written in
                    written += count
                    progress(Double(written) / all)
                }
            }
            return try removeIfCutOff(item, path) ? item.photo : nil
        }
        let names = Set(cutOff.compactMap { $0 })
        return plan.photos.map(\.name).filter(names.contains)
    }

    private static func removeIfCutOff(_ item: UnpackPlan.Item, _ path: String) throws(Failure) -> Bool {
        guard item.photo != nil, item.entry.isPacked,
            try PhotoReader.read(path: path).warnings.contains(PhotoFacts.cutOff)
        else { return false }
        unlink(path)
        return true
    }
}

extension ImageSet.Selection {
    mutating func leaveOut(_ cutOff: [String]) {
        photos.removeAll { cutOff.contains($0.name) }
        unreadable += cutOff
    }
}
