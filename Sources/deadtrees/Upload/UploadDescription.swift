import ArgumentParser

/// What a server is told about a dataset with every chunk of it, under the names of the platform's API.
struct UploadDescription: ParsableArguments {
    enum License: String, CaseIterable, ExpressibleByArgument {
        case attribution = "CC BY"
        case shareAlike = "CC BY-SA"
        case nonCommercialShareAlike = "CC BY-NC-SA"
        case mit = "MIT"
        case nonCommercial = "CC BY-NC"
    }

    enum Platform: String, CaseIterable, ExpressibleByArgument { case drone, airborne, satellite }
    enum DataAccess: String, CaseIterable, ExpressibleByArgument { case `public`, viewonly, `private` }
    enum Kind: String, CaseIterable, ExpressibleByArgument {
        case geotiff
        case rawImages = "raw_images_zip"
    }

    @Option(name: .customLong("author"), help: "Who made the data; once for each.")
    var authors: [String] = []
    @Option(help: "The terms of use.")
    var license: License = .attribution
    @Option(help: "What carried the camera.")
    var platform: Platform = .drone
    @Option(help: ArgumentHelp("When the pictures were taken.", valueName: "YYYY[-MM[-DD]]"))
    var date: PartialDate?
    @Option(help: "What the file is (default: the server looks at its name).")
    var type: Kind?
    @Option(help: "Who may see it (default: the server's).")
    var dataAccess: DataAccess?
    @Option(help: "A project of yours.")
    var projectId: String?
    @Option(help: "Whatever else is to be said.")
    var additionalInformation: String?
    @Option(help: "The DOI to cite.")
    var citationDoi: String?

    func validate() throws {
        guard !authors.isEmpty, authors.allSatisfy({ $0.contains { !$0.isWhitespace } }) else {
            throw ValidationError("name at least one author: --author \"Jane Doe\"")
        }
    }

    /// Names and values; what was not given is left out.
    var fields: [(name: String, value: String)] {
        let optional: [(String, String?)] = [
            ("project_id", projectId), ("aquisition_year", date.map { "\($0.year)" }),
            ("aquisition_month", date?.month.map { "\($0)" }), ("aquisition_day", date?.day.map { "\($0)" }),
            ("additional_information", additionalInformation), ("data_access", dataAccess?.rawValue),
            ("citation_doi", citationDoi), ("upload_type", type?.rawValue),
        ]
        return [("license", license.rawValue), ("platform", platform.rawValue)]
            + authors.map { ("authors", $0) } + optional.compactMap { name, value in value.map { (name, $0) } }
    }
}

/// A day, a month or a year: `2024-07-31`, `2024-07`, `2024`.
struct PartialDate: ExpressibleByArgument {
    let year: Int
    let month: Int?
    let day: Int?

    init?(argument: String) {
        guard let match = argument.wholeMatch(of: /(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?/), let year = Int(match.1) else {
            return nil
        }
        let (month, day) = (match.2.flatMap { Int($0) }, match.3.flatMap { Int($0) })
        guard Self.years.contains(year), month.map({ (1...12).contains($0) }) ?? true,
            day.map({ (1...Self.days(month ?? 1, year)).contains($0) }) ?? true
        else { return nil }
        (self.year, self.month, self.day) = (year, month, day)
    }

    /// Those that the platform's table accepts.
    private static let years = 1981...2098

    private static func days(_ month: Int, _ year: Int) -> Int {
        let isLeap = year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
        return switch month {
        case 2: isLeap ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}
