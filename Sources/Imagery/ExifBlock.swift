import CLibExif

/// One EXIF block, parsed by libexif; owns its handle.
///
/// Source: https://libexif.github.io/api/exif-data_8h.html
struct ExifBlock: ~Copyable {
    private let data: UnsafeMutablePointer<ExifData>

    /// `bytes` begin with `Exif\0\0`, followed by a TIFF structure. Nil only when memory is short: a block
    /// that makes no sense gives no entries.
    init?(_ bytes: [UInt8]) {
        guard let data = exif_data_new() else { return nil }
        self.data = data
        // The default would add tags that the specification demands and the file does not have.
        exif_data_unset_option(data, EXIF_DATA_OPTION_FOLLOW_SPECIFICATION)
        exif_data_unset_option(data, EXIF_DATA_OPTION_IGNORE_UNKNOWN_TAGS)
        exif_data_load_data(data, bytes, UInt32(clamping: bytes.count))
    }

    deinit { exif_data_unref(data) }

    /// All readable tags of the image, Exif and GPS directories.
    func tags() -> ExifTags {
        let directories = data.pointee.ifd
        let order = exif_data_get_byte_order(data)
        return ExifTags(
            image: Self.values(directories.0, order), exif: Self.values(directories.2, order),
            gps: Self.values(directories.3, order), statedGPS: Set(Self.entries(directories.3).map(Self.tag)))
    }

    private static func values(
        _ content: UnsafeMutablePointer<ExifContent>?, _ order: ExifByteOrder
    ) -> [UInt16: TagValue] {
        var result: [UInt16: TagValue] = [:]
        for entry in entries(content) {
            guard let value = value(entry, order), result[tag(entry)] == nil else { continue }
            result[tag(entry)] = value  // the first of doubled tags counts
        }
        return result
    }

    private static func entries(_ content: UnsafeMutablePointer<ExifContent>?) -> [ExifEntry] {
        guard let content, let entries = content.pointee.entries else { return [] }
        return (0..<Int(content.pointee.count)).compactMap { entries[$0]?.pointee }
    }

    private static func tag(_ entry: ExifEntry) -> UInt16 { UInt16(truncatingIfNeeded: entry.tag.rawValue) }

    private static func value(_ entry: ExifEntry, _ order: ExifByteOrder) -> TagValue? {
        guard let data = entry.data, entry.size > 0 else { return nil }
        let raw = ExifRawValue(
            tag: tag(entry), count: Int(entry.components),
            bytes: UnsafeBufferPointer(start: data, count: Int(entry.size)), order: order)
        return raw.decoded(entry.format)
    }
}

/// What an EXIF block holds, by directory and tag number.
struct ExifTags {
    var image: [UInt16: TagValue] = [:]
    var exif: [UInt16: TagValue] = [:]
    var gps: [UInt16: TagValue] = [:]
    /// GPS tags that are there, readable or not.
    var statedGPS: Set<UInt16> = []

    static func name(_ tag: UInt16, in directory: ExifIfd) -> String? {
        exif_tag_get_name_in_ifd(ExifTag(UInt32(tag)), directory).map { String(cString: $0) }
    }
}
