import DB
import Foundation
import HTTPTypes

/// The fields that come with a chunk, checked.
struct ChunkFields: Sendable, Equatable {
    let uploadID: String
    let index: Int
    let total: Int
    let kind: UploadKind
    /// SHA-256 of the chunk's bytes, lower-case hexadecimal digits, where the client sent one.
    let sha256: String?
    let dataset: NewDataset

    var isLast: Bool { index == total - 1 }

    /// - Parameters:
    ///   - fields: each with all its values, in the order in which they came.
    ///   - fileName: nil where no file has come.
    /// - Throws: `Problem` 422 with every field that is wrong, or 400 for a type of file that is not taken.
    init(_ fields: [String: [String]], fileName: String?) throws(Problem) {
        var form = FormReader(fields)
        index = form.number("chunk_index", in: 0...(Self.mostChunks - 1))
        total = form.number("chunks_total", in: 1...Self.mostChunks)
        uploadID = form.text("upload_id", accepted: Self.uploadIDs) { UploadID.isSafe($0) }
        let name = FileName.base(of: fileName ?? "")
        form.require(fileName != nil, "file", "Field required", type: "missing")
        form.require(
            fileName == nil || FileName.isFit(name), "file", "the file's name is empty, too long or unprintable")
        form.require(index < total || form.isWrong, "chunk_index", "chunk_index must be below chunks_total")
        let asked = form.choice("upload_type", of: UploadKind.allCases.map(\.rawValue), or: nil)
        sha256 = form.digest("chunk_sha256")
        dataset = NewDataset(
            fileName: name,
            license: form.choice("license", of: ["CC BY", "CC BY-SA", "CC BY-NC-SA", "MIT", "CC BY-NC"]),
            platform: form.choice("platform", of: ["drone", "airborne", "satellite"]),
            authors: form.texts("authors"), projectID: form.optionalText("project_id"),
            // As the platform's table has it: above 1980 and below 2099.
            year: form.optionalNumber("aquisition_year", in: 1981...2098),
            month: form.optionalNumber("aquisition_month", in: 1...12),
            day: form.optionalNumber("aquisition_day", in: 1...31),
            additionalInformation: form.optionalText("additional_information"),
            dataAccess: form.choice("data_access", of: ["public", "viewonly", "private"], or: "public") ?? "public",
            citationDOI: form.optionalText("citation_doi"))
        try form.finish()
        if let asked, let chosen = UploadKind(rawValue: asked) {
            kind = chosen
        } else {
            kind = try UploadKind(fileName: name)
        }
    }

    /// More than enough for 200 GiB in chunks of 4 MiB.
    private static let mostChunks = 100_000
    private static let uploadIDs =
        "1 to 128 letters, digits, dots, dashes or underscores that begin with none of these marks"
}

/// What can be uploaded.
enum UploadKind: String, Sendable, CaseIterable, Codable {
    case geotiff
    case photos = "raw_images_zip"

    /// - Throws: `Problem` 400, with today's words.
    init(fileName: String) throws(Problem) {
        let suffix = fileName.lastIndex(of: ".").map { fileName[$0...].lowercased() } ?? ""
        switch suffix {
        case ".tif", ".tiff": self = .geotiff
        case ".zip": self = .photos
        default:
            throw Problem(
                .badRequest, "unsupported_file_type",
                "Unsupported file type: \(suffix). Supported types: .tif, .tiff, .zip")
        }
    }

    /// Where such a file lies while it arrives, and for good.
    var folder: String { self == .geotiff ? "archive" : "raw_images" }
}

/// The client's name for an upload.
enum UploadID {
    /// Fit for a file's name: no folder, no hidden file, nothing that another system reads as more than a name.
    static func isSafe(_ text: String) -> Bool {
        let isPlain = text.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".")
        }
        return isPlain && (1...128).contains(text.utf8.count) && !(text.first.map { ".-_".contains($0) } ?? true)
    }
}

/// The uploaded file's name, of which nothing but the last part is kept.
enum FileName {
    static func base(of written: String) -> String {
        String(written.split(whereSeparator: { $0 == "/" || $0 == "\\" }).last ?? "")
    }

    static func isFit(_ name: String) -> Bool {
        let isPrintable = name.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
        return isPrintable && (1...255).contains(name.utf8.count) && name != "." && name != ".."
    }
}
