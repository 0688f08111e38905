import Foundation

/// Gives photos of many folders the names under which they lie side by side in one.
///
/// A name is kept where it can be. Names that clash (letter case aside) get the name of their folder in
/// front, `100MEDIA_DJI_0001.JPG`, then the names of all their folders, and at last a number. The outcome
/// depends on the set only, not on the order of its archive.
struct PhotoNames {
    private var taken: Set<String> = []

    /// One name for each path, in the order of `paths`, which must be sorted. `extensions` replace those of
    /// the paths where they are not nil.
    mutating func names(for paths: [EntryPath], extensions: [String?]) -> [String] {
        var names: [String?] = paths.map { _ in nil }
        for level in 0..<3 {
            let open = names.indices.filter { names[$0] == nil }
            let proposals = Dictionary(
                uniqueKeysWithValues: open.map { ($0, Self.name(paths[$0], extensions[$0], level: level)) })
            let counts = Dictionary(proposals.values.map { ($0.lowercased(), 1) }, uniquingKeysWith: +)
            for index in open {
                guard let name = proposals[index], counts[name.lowercased()] == 1 else { continue }
                if taken.insert(name.lowercased()).inserted { names[index] = name }
            }
        }
        return names.indices.map { names[$0] ?? numbered(Self.name(paths[$0], extensions[$0], level: 2)) }
    }

    private mutating func numbered(_ name: String) -> String {
        let path = EntryPath(shown: name)
        var number = 2
        while true {
            let candidate = "\(path.stem)_\(number)\(path.name.dropFirst(path.stem.count))"
            if taken.insert(candidate.lowercased()).inserted { return candidate }
            number += 1
        }
    }

    /// Level 0: the plain name, 1: with its folder, 2: with all its folders.
    private static func name(_ path: EntryPath, _ fileExtension: String?, level: Int) -> String {
        let folders = level == 0 ? [] : level == 1 ? path.folders.suffix(1) : path.folders
        let written = path.name.dropFirst(path.stem.count + 1)
        var stem = safe((folders + [path.stem]).joined(separator: "_"))
        // ODM would take it for the mask of another photo.
        if stem.lowercased().hasSuffix("_mask") { stem += "_photo" }
        return "\(stem).\(fileExtension ?? safe(String(written)))"
    }

    /// Letters, digits, `.`, `_` and `-`, at most 120 of them, beginning with a letter, digit or `_`: what
    /// file systems, shells and OpenSfM's lists take without quoting. Accents are dropped.
    static func safe(_ text: String) -> String {
        let plain = text.folding(options: .diacriticInsensitive, locale: nil)
        let scalars = plain.unicodeScalars.map { scalar -> Character in
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", "_", "-", ".": Character(scalar)
            default: "_"
            }
        }
        let result = String(scalars.suffix(120))
        return result.hasPrefix("-") || result.hasPrefix(".") ? "_" + result.dropFirst() : result
    }
}
