public import Failures
import Foundation

/// Looks through all files of a source once, and keeps what belongs to the set.
struct SetScan {
    /// A photo with the entry that it came from.
    struct Found {
        let entry: SourceEntry
        let photo: ImageSet.Photo
    }

    /// The source, open for each thread.
    let crew: Crew<any OpenSource>
    let limits: UnpackLimits
    private(set) var set = ImageSet()
    private(set) var photos: [Found] = []
    private(set) var masks: [Found] = []
    private(set) var sidecars: [SourceEntry] = []
    private(set) var controls: [String: SourceEntry] = [:]
    private var marks: [MarkFile.Mark] = []
    private var unreadableMarks = 0
    private var sidecarKinds: [String: Int] = [:]
    private var tags = TagSummary()

    /// Opens a ZIP archive, or the folder that `path` names.
    static func source(_ path: String, _ limits: UnpackLimits) throws(Failure) -> any PhotoSource {
        var status = stat()
        if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
            return try FolderSource(path: path, limits: limits)
        }
        return try ZipSource(path: path, limits: limits)
    }

    /// Entries that are read before what they say is brought together: what all say is never held at once.
    private static let batch = 256

    init(path: String, limits: UnpackLimits, threads: Int, progress: (Double) -> Void) throws(Failure) {
        let source = try Self.source(path, limits)
        crew = try Crew(source, threads: threads)
        self.limits = limits
        set.ignored = source.skipped
        let entries = source.entries
        for start in stride(from: 0, to: entries.count, by: Self.batch) {
            let batch = Array(entries[start..<min(entries.count, start + Self.batch)])
            let readings = try crew.map(batch) { source, entry, _ throws(Failure) in try EntryReading(entry, source) }
            for (offset, reading) in readings.enumerated() {
                add(batch[offset], reading)
                progress(Double(start + offset + 1) / Double(entries.count))
            }
        }
        sort()
        set.describe(photos: photos, tags: tags)
        set.rtk = RTKSummary(files: sidecarKinds, marks: marks, photos: set.photos.map(\.metadata))
        set.findDuplicates(photos, in: try Fingerprints(photos, crew.tools[0]))
        set.findClashes()
        set.warn(unreadableMarks: unreadableMarks)
        set.refusal = set.selection().refusal(minimum: limits.minimumPhotos)
    }

    private mutating func add(_ entry: SourceEntry, _ reading: EntryReading) {
        switch reading {
        case .ignored(let reason):
            set.ignored.append(.init(name: entry.path.text, reason: reason))
        case .sidecar(let kind, let file):
            sidecars.append(entry)
            sidecarKinds[kind, default: 0] += 1
            marks += file?.marks ?? []
            unreadableMarks += file?.unreadableLines ?? 0
        case .control(let name):
            // The one nearest to the root counts.
            if controls[name].map({ $0.path.components.count > entry.path.components.count }) ?? true {
                controls[name] = entry
            }
        case .photo(let facts):
            tags.add(facts.tags)
            let photo = ImageSet.Photo(
                name: entry.path.text, bytes: entry.size, format: facts.format, metadata: facts.metadata,
                warnings: facts.warnings)
            photos.append(Found(entry: entry, photo: photo))
        }
    }

    /// By name, and masks apart from what they mask.
    private mutating func sort() {
        photos.sort { $0.entry.path < $1.entry.path }
        let stems = Set(photos.map { Self.key($0.entry, stem: $0.entry.path.stem) })
        let isMask: (Found) -> Bool = { found in
            guard let masked = found.entry.path.maskedStem else { return false }
            return stems.contains(Self.key(found.entry, stem: masked))
        }
        masks = photos.filter(isMask)
        photos.removeAll(where: isMask)
        set.masks = masks.map(\.photo.name)
        set.controlFiles = controls.values.map(\.path.text).sorted()
    }

    private static func key(_ entry: SourceEntry, stem: String) -> String {
        (entry.path.folders + [stem]).joined(separator: "/").lowercased()
    }
}

extension EntryPath {
    /// For `X_mask.png`: `X`. ODM takes every image whose stem ends so for the mask of another.
    var maskedStem: String? { stem.lowercased().hasSuffix("_mask") ? String(stem.dropLast(5)) : nil }
}

extension ImageSet {
    /// Looks through the ZIP archive or folder at `path` without unpacking it: of each photo its first 64 KiB
    /// are read, and more only where its metadata goes on.
    ///
    /// A set with too few photos is no error here, it has a `refusal`. Throws for what cannot be looked
    /// through: `zip_…` for each thing that archives of strangers may try, `file_unreadable`,
    /// `set_too_large`, `file_too_large`, `too_many_files`.
    public static func scan(
        path: String, limits: UnpackLimits = UnpackLimits(), threads: Int = defaultThreads,
        progress: (Double) -> Void = { _ in }
    ) throws(Failure) -> ImageSet {
        try SetScan(path: path, limits: limits, threads: threads, progress: progress).set
    }
}
