import Failures

// Photos and files
extension Failure {
    static func fileUnreadable(_ name: String, detail: String) -> Failure {
        Failure("file_unreadable", "could not read \(name)", detail: detail, retry: .later)
    }

    static func photoNotRecognised(_ name: String) -> Failure {
        Failure("photo_not_recognised", "\(name) is neither a JPEG, TIFF, DNG nor PNG image")
    }

    /// - Parameter reasons: why photos that were found do not count, as parts of a sentence.
    static func tooFewPhotos(_ count: Int, of all: Int, because reasons: [String], minimum: Int) -> Failure {
        let number = count == 0 ? "no photos were" : count == 1 ? "only 1 photo was" : "only \(count) photos were"
        let needed = "at least \(minimum) that overlap are needed"
        let upload = "upload JPEG, TIFF, DNG or PNG photos of one flight"
        guard !reasons.isEmpty else { return Failure("too_few_photos", "\(number) found, \(needed); \(upload)") }
        let left = count == 0 ? "none" : "only \(count)"
        let list = reasons.joined(separator: ", ")
        return Failure("too_few_photos", "\(left) of \(all) photos can be used, \(needed): \(list); \(upload)")
    }

    static func setTooLarge(limit: Int) -> Failure {
        Failure(
            "set_too_large",
            "the files are larger than \(ByteCount.text(limit)) together; split the flight into several datasets")
    }

    static func fileTooLarge(_ name: String, limit: Int) -> Failure {
        Failure("file_too_large", "\(name) is larger than \(ByteCount.text(limit)), which no drone photo is")
    }

    static func tooManyFiles(limit: Int) -> Failure {
        Failure("too_many_files", "the folder has more than \(limit) files; split the flight into several datasets")
    }

    static func diskFull(needed: Int, free: Int) -> Failure {
        Failure(
            "disk_full",
            "unpacking the photos needs \(ByteCount.text(needed)) of disk space, \(ByteCount.text(free)) are free; "
                + "free space on the worker", retry: .later)
    }

    static func unpackFailed(_ name: String, detail: String) -> Failure {
        Failure("unpack_failed", "could not write \(name) while unpacking the photos", detail: detail, retry: .later)
    }

    static func alreadyUnpacked(_ path: String) -> Failure {
        Failure("already_unpacked", "the folder to unpack into already holds images; empty it first", detail: path)
    }
}

// ZIP archives. Each is a reason to refuse the archive as a whole, and no retry mends it.
extension Failure {
    static func zipInvalid(_ reason: String, detail: String? = nil) -> Failure {
        Failure("zip_invalid", "invalid ZIP archive: \(reason); pack and upload it again", detail: detail)
    }

    static func zipTooManyEntries(_ count: Int, limit: Int) -> Failure {
        Failure(
            "zip_too_many_entries",
            "the ZIP archive has \(count) entries or more, \(limit) are allowed; split the flight into several datasets"
        )
    }

    static func zipNameUnsafe(_ name: String, _ reason: String) -> Failure {
        Failure("zip_name_unsafe", "the ZIP archive is refused: the name of its entry \(name) \(reason)")
    }

    static func zipNameTooLong(_ name: String) -> Failure {
        Failure(
            "zip_name_too_long", "the ZIP archive is refused: the path of its entry \(name)… is too long or too deep")
    }

    static func zipSymbolicLink(_ name: String) -> Failure {
        Failure(
            "zip_symbolic_link", "the ZIP archive is refused: \(name) is a symbolic link; pack the files themselves")
    }

    static func zipSpecialFile(_ name: String) -> Failure {
        Failure("zip_special_file", "the ZIP archive is refused: \(name) is a device, pipe or socket and not a file")
    }

    static func zipEncrypted(_ name: String) -> Failure {
        Failure("zip_encrypted", "\(name) is encrypted; pack the archive without a password")
    }

    static func zipOverlap(_ name: String) -> Failure {
        Failure("zip_overlap", "the ZIP archive is refused: \(name) shares its bytes with another entry")
    }

    static func zipBomb(_ name: String, limit: Int) -> Failure {
        Failure("zip_bomb", "the ZIP archive is refused: \(name) unpacks to more than \(limit) times its size")
    }

    static func zipSizeLie(_ name: String) -> Failure {
        Failure("zip_size_lie", "\(name) unpacks to another size than the ZIP archive states; pack and upload it again")
    }

    static func zipChecksum(_ name: String) -> Failure {
        Failure("zip_checksum", "\(name) is damaged (its checksum is wrong); pack and upload the archive again")
    }

    static func zipEntryDamaged(_ name: String, detail: String) -> Failure {
        Failure("zip_entry_damaged", "\(name) is damaged; pack and upload the archive again", detail: detail)
    }

    static func zipUnsupportedMethods(_ methods: [(name: String?, number: Int, files: Int)]) -> Failure {
        let list = methods.map { "\($0.name.map { "\($0) " } ?? "")(method \($0.number), \($0.files) file(s))" }
        return Failure(
            "zip_unsupported_method",
            "unsupported ZIP compression method(s): \(list.joined(separator: ", ")); "
                + "please re-compress the archive with stored or deflate")
    }
}

/// Sizes as people read them.
enum ByteCount {
    /// `1.5 GiB`
    static func text(_ bytes: Int) -> String {
        let units = ["bytes", "KiB", "MiB", "GiB", "TiB"]
        var value = Double(bytes)
        var unit = 0
        while value >= 1024, unit < units.count - 1 {
            value /= 1024
            unit += 1
        }
        let tenths = (value * 10).rounded() / 10
        let isWhole = tenths == tenths.rounded()
        return "\(isWhole ? String(Int(tenths)) : String(tenths)) \(units[unit])"
    }
}
