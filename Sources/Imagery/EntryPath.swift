import Failures

/// Where a file lies inside a set of photos: names of folders and of the file, safe to show.
///
/// Never used to open or to create anything: what is written gets a name of our own making (`UnpackPlan`).
struct EntryPath: Hashable, Comparable {
    let components: [String]

    var name: String { components.last ?? "" }
    var folders: ArraySlice<String> { components.dropLast() }
    var text: String { components.joined(separator: "/") }
    /// Lower-cased, without its dot.
    var fileExtension: String {
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return "" }
        return name[name.index(after: dot)...].lowercased()
    }
    var stem: String {
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return name }
        return String(name[..<dot])
    }

    init(components: [String]) { self.components = components.map(Self.shown) }

    /// Back from `text`.
    init(shown text: String) { components = text.split(separator: "/").map(String.init) }

    /// The path of an archive's entry, `bytes` as written there; both slashes separate, for some old Windows
    /// programs write the wrong one.
    ///
    /// Throws `zip_name_unsafe` when it would leave the folder it is unpacked into, `zip_name_too_long`.
    init(archived bytes: ArraySlice<UInt8>, limits: UnpackLimits) throws(Failure) {
        let shown = Self.shown(String(decoding: bytes.prefix(120), as: UTF8.self))
        guard !bytes.isEmpty, !bytes.contains(0) else { throw .zipNameUnsafe(shown, "holds a NUL byte or is empty") }
        let isSlash: (UInt8) -> Bool = { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") }
        let drive = bytes.dropFirst().first == UInt8(ascii: ":")
        guard let first = bytes.first, !isSlash(first), !drive else {
            throw .zipNameUnsafe(shown, "is an absolute path")
        }
        let parts = bytes.split(whereSeparator: isSlash)
        guard !parts.contains(where: { $0.elementsEqual("..".utf8) }) else {
            throw .zipNameUnsafe(shown, "leads out of its folder")
        }
        // 255 bytes is the longest name that Linux file systems take.
        guard bytes.count <= limits.maximumPathBytes, parts.allSatisfy({ $0.count <= 255 }),
            parts.count <= limits.maximumDepth
        else { throw .zipNameTooLong(shown) }
        self.init(components: parts.filter { !$0.elementsEqual(".".utf8) }.map { String(decoding: $0, as: UTF8.self) })
    }

    static func < (a: EntryPath, b: EntryPath) -> Bool { a.components.lexicographicallyPrecedes(b.components) }

    /// Names are shown in sentences and stored as JSON: no control characters.
    private static func shown(_ name: String) -> String {
        TagValue.clean(name, limit: 255)
            ?? name.unicodeScalars.map { $0.isASCII && $0.value > 32 ? "\($0)" : "_" }.joined()
    }
}
