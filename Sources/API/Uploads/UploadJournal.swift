import Failures
import Foundation
import Glibc

/// What is known of an upload across restarts: whose it is, and which chunks lie where. A file of lines beside the data;
/// a line is written when the bytes that it speaks of are.
struct UploadJournal {
    /// The first line.
    struct Head: Codable, Equatable {
        let owner: String
        let fileName: String
        let total: Int
        /// Bytes that the kernel had not written yet are gone after a power cut, while the line about them may be there.
        /// So lines count only within one boot of the machine.
        let boot: String
    }

    /// A chunk's place in the file.
    struct Place: Equatable {
        let offset: Int64
        let length: Int64
        var end: Int64 { offset + length }
    }

    private let path: String

    /// Begins a new one in the place of whatever is there.
    init(_ head: Head, at path: String) throws {
        self.path = path
        let line = try JSONEncoder().encode(head) + [UInt8(ascii: "\n")]
        try append(line, flags: O_TRUNC)
    }

    private init(path: String) { self.path = path }

    /// What an earlier life of the server has written.
    struct Left {
        let journal: UploadJournal
        let head: Head
        var places: [Int: Place] = [:]
        /// The id that was last set aside for the upload's dataset.
        var datasetID: Int64?
    }

    /// Reads one that is there. Nil where it is not, or is of no use any more.
    static func read(_ path: String) -> Left? {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }  // none there
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count > 1, let head = try? JSONDecoder().decode(Head.self, from: Data(lines[0].utf8)),  // torn
            head.boot == thisBoot
        else { return nil }
        var left = Left(journal: UploadJournal(path: path), head: head)
        // The last line is empty, or torn by the server's end.
        for line in lines.dropFirst().dropLast() {
            let words = line.split(separator: " ")
            guard words.last == Self.lineEnd else { continue }
            let numbers = words.dropFirst().dropLast().compactMap { Int64($0) }
            switch (words.first, numbers.count) {
            case ("have", 3): left.places[Int(numbers[0])] = Place(offset: numbers[1], length: numbers[2])
            case ("lost", 1): left.places[Int(numbers[0])] = nil
            case ("lost", 0): left.places = [:]
            case ("dataset", 1): left.datasetID = numbers[0]
            default: continue
            }
        }
        return left
    }

    func have(_ index: Int, _ place: Place) throws { try append("have \(index) \(place.offset) \(place.length)") }

    func lost(_ index: Int) throws { try append("lost \(index)") }

    func lostAll() throws { try append("lost all") }

    func becomes(_ datasetID: Int64) throws { try append("dataset \(datasetID)") }

    /// A line without it was cut off by a full disk, and the next one may have been written behind it.
    private static let lineEnd: Substring = "."

    private func append(_ words: String) throws { try append(Data("\n\(words) \(Self.lineEnd)\n".utf8)) }

    private func append(_ line: Data, flags: Int32 = 0) throws {
        let file = try OpenFile(path, O_WRONLY | O_CREAT | O_APPEND | flags)
        try file.append(line)
    }

    static let thisBoot =
        (try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8))  // then every life is its own
        .map { $0.trimmingCharacters(in: .whitespacesAndNewlines) } ?? UUID().uuidString
}
