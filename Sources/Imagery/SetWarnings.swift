extension ImageSet {
    /// Writes the sentences that tell the owner what is wrong with the set.
    mutating func warn(unreadableMarks: Int) {
        warnings = positionWarnings() + photoWarnings() + fileWarnings() + rtkWarnings(unreadableMarks)
    }

    private func positionWarnings() -> [String] {
        let placed = gps?.photos ?? 0
        guard !photos.isEmpty else { return [] }
        var result: [String] = []
        if placed == 0 {
            result.append("no photo has a GPS position, so the orthophoto cannot be placed on the map")
        } else if placed < photos.count {
            result.append("\(share(photos.count - placed)) no GPS position")
        }
        if let gps, gps.north - gps.south > 0.2 || gps.east - gps.west > 0.3 {
            result.append("the photos lie more than 20 km apart; are these several flights?")
        }
        if let flight, flight.oblique > 0 {
            result.append("\(share(flight.oblique, "look", "looks")) more than 10 degrees off straight down")
        }
        return result
    }

    private func photoWarnings() -> [String] {
        var result: [String] = []
        let reasons = Dictionary(grouping: photos.flatMap { photo in photo.warnings.map { ($0, photo.name) } }) { $0.0 }
        for (reason, named) in reasons.sorted(by: { $0.key < $1.key }) {
            result.append("\(Self.list(named.map(\.1))): \(reason)")
        }
        let undated = photos.filter { $0.metadata.takenAt == nil }.count
        if undated > 0 { result.append("\(share(undated)) no date") }
        let models = Set(cameras.map { [$0.make, $0.model] })
        if models.count > 1 { result.append("the photos come from \(models.count) different cameras") }
        if sizes.count > 1 { result.append("the photos have \(sizes.count) different pixel sizes") }
        let bands = photos.filter(\.isMultispectralBand).count
        if bands > 0 && bands < photos.count {
            result.append("\(share(bands, "are", "is")) bands of a multispectral camera (_MS_), which are left out")
        }
        let misnamed = photos.filter { !$0.hasFittingName }.map(\.name)
        if !misnamed.isEmpty { result.append("\(Self.list(misnamed)): the name does not fit the content") }
        return result
    }

    private func fileWarnings() -> [String] {
        var result: [String] = []
        if !duplicates.isEmpty {
            result.append(
                "\(share(duplicates.count, "have", "has")) the same content as another; each content is used once")
        }
        if !clashes.isEmpty {
            result.append(
                "\(clashes.count) file name\(clashes.count == 1 ? " occurs" : "s occur") in several folders; "
                    + "the photos are kept apart by the names of their folders")
        }
        for reason in Ignored.Reason.allCases where reason != .systemFile {
            let names = ignored.filter { $0.reason == reason }.map(\.name)
            if !names.isEmpty { result.append("\(Self.list(names)): ignored (\(reason.rawValue))") }
        }
        return result
    }

    private func rtkWarnings(_ unreadable: Int) -> [String] {
        var result: [String] = []
        if unreadable > 0 { result.append("\(unreadable) lines of the MRK files cannot be read") }
        guard let rtk else { return result }
        let marks = rtk.marks.values.reduce(0, +)
        let fixed = rtk.marks[RTKFix.fixed.rawValue] ?? 0
        if marks > 0 && fixed < marks {
            result.append("\(marks - fixed) of \(marks) RTK marks have no fixed solution")
        }
        if marks > 0 && marks != photos.count {
            result.append("the MRK files hold \(marks) marks for \(photos.count) photos")
        }
        return result
    }

    /// `41 of 300 photos have`, `1 of 300 photos has`.
    private func share(_ count: Int, _ many: String = "have", _ one: String = "has") -> String {
        "\(count) of \(photos.count) photos \(count == 1 ? one : many)"
    }

    /// Up to three names, and how many more.
    static func list(_ names: [String]) -> String {
        let shown = names.prefix(3).joined(separator: ", ")
        return names.count > 3 ? "\(shown) and \(names.count - 3) more" : shown
    }
}

extension ImageSet.Photo {
    /// Whether its extension is one that its content usually has.
    var hasFittingName: Bool {
        format.extensions.contains(path.fileExtension) || path.fileExtension.isEmpty
    }

    var path: EntryPath { EntryPath(shown: name) }
}
