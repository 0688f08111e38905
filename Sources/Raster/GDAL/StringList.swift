import CGDAL

/// A C list of strings in GDAL's sense (`CSL`), freed with its owner.
struct StringList: ~Copyable {
    private(set) var pointer: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?

    init(_ strings: [String]) {
        pointer = nil
        for string in strings { pointer = CSLAddString(pointer, string) }
    }

    deinit { CSLDestroy(pointer) }

    /// The same for functions that promise not to write.
    var constPointer: UnsafePointer<UnsafePointer<CChar>?>? {
        UnsafeRawPointer(pointer)?.assumingMemoryBound(to: UnsafePointer<CChar>?.self)
    }

    /// Copies a list that GDAL owns.
    static func strings(_ list: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> [String] {
        guard let list else { return [] }
        var strings: [String] = []
        for index in 0... {
            guard let string = list[index] else { break }
            strings.append(String(cString: string))
        }
        return strings
    }
}
