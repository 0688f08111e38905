import Foundation

/// What ODM's `log.json` says of a run that has ended.
///
/// The run writes it, so it may be cut off, huge, or anything else: what is not as expected is left out.
/// Source: `Logger` in https://github.com/OpenDroneMap/ODM/blob/master/opendm/log.py
struct ODMRunLog: Codable, Equatable, Sendable {
    struct Process: Codable, Equatable, Sendable {
        var command: String
        var exitCode: Int
        /// Its last lines.
        var output: [String]
    }

    var success: Bool?
    var version: String?
    var errorCode: String?
    var errorMessage: String?
    /// The stage that was begun last.
    var stage: String?
    /// The last ones that did not end with 0, oldest first.
    var failedProcesses: [Process] = []
    /// The end of it.
    var stackTrace: [String] = []

    /// One above is not parsed, only its end is looked at. ODM's are some hundred KiB.
    static let largest = 8 << 20

    /// Nil where there is no such file, it is no plain file, or nothing in it can be understood.
    init?(at path: String) {
        guard let file = PlainFile(path) else { return nil }
        if file.size <= Self.largest {
            guard let data = file.end(atMost: Self.largest) else { return nil }
            self.init(data)
        } else {
            guard let data = file.end(atMost: 1 << 16) else { return nil }
            self.init(endOf: data)
        }
    }

    init?(_ data: Data) {
        // Names of photos may be in any encoding.
        let text = Data(String(decoding: data, as: UTF8.self).utf8)
        // Cut off, or no JSON at all: then it says nothing.
        guard let log = try? JSONDecoder().decode(Written.self, from: text) else { return nil }
        success = log.success
        version = log.version
        errorCode = log.errorCode
        errorMessage = log.errorMessage
        stage = log.stages.last?.name
        failedProcesses = Array(log.processes.compactMap(\.failed).suffix(3))
        stackTrace = log.stackTrace.suffix(8).compactMap(\.text)
    }

    /// From the end of a file too large to be read: whether it succeeded, which ODM writes after all its messages.
    private init?(endOf data: Data) {
        let end = String(decoding: data, as: UTF8.self)
        guard let match = end.matches(of: /"success": *(true|false)/).last else { return nil }
        success = match.1 == "true"
    }
}

/// The file's form, of which any part may be missing or be something else.
private struct Written: Decodable {
    enum Key: String, CodingKey {
        case success, odmVersion, error, stages, processes, stackTrace, code, message, name, command, exitCode, output
    }
    typealias Fields = KeyedDecodingContainer<Key>

    var success: Bool?
    var version: String?
    var errorCode: String?
    var errorMessage: String?
    var stages: [Stage]
    var processes: [Process]
    var stackTrace: [Line]

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        success = fields.lenient(.success)
        version = fields.lenient(.odmVersion, Line.self)?.text
        let error = try? fields.nestedContainer(keyedBy: Key.self, forKey: .error)  // most runs have none
        errorCode = error?.lenient(.code, Line.self)?.text
        errorMessage = error?.lenient(.message, Line.self)?.text
        stages = fields.lenient(.stages) ?? []
        processes = fields.lenient(.processes) ?? []
        stackTrace = fields.lenient(.stackTrace) ?? []
    }

    struct Stage: Decodable {
        var name: String?
        init(from decoder: any Decoder) {
            let fields = try? decoder.container(keyedBy: Key.self)  // no object: nameless
            name = fields?.lenient(.name, Line.self)?.text
        }
    }

    struct Process: Decodable {
        var failed: ODMRunLog.Process?
        init(from decoder: any Decoder) {
            guard let fields = try? decoder.container(keyedBy: Key.self),  // no object: no process
                let code: Int = fields.lenient(.exitCode), code != 0
            else { return }
            let output: [Line] = fields.lenient(.output) ?? []
            failed = ODMRunLog.Process(
                command: fields.lenient(.command, Line.self)?.text ?? "", exitCode: code,
                output: output.suffix(5).compactMap(\.text))
        }
    }

    /// A text, or a number as one.
    struct Line: Decodable {
        var text: String?
        init(from decoder: any Decoder) {
            guard let value = try? decoder.singleValueContainer() else { return }  // then it is no text
            if let text = try? value.decode(String.self) {  // else it may be a number
                self.text = text.printable(atMost: 300)
            } else {
                text = (try? value.decode(Int.self)).map(String.init)  // neither: left out
            }
        }
    }
}

extension KeyedDecodingContainer {
    /// The value, or nil where it is missing or of another kind.
    fileprivate func lenient<Value: Decodable>(_ key: Key, _ type: Value.Type = Value.self) -> Value? {
        try? decodeIfPresent(type, forKey: key)  // of another kind: left out
    }
}

extension String {
    /// The text without control characters, which PostgreSQL's JSON would partly refuse, and not longer than told.
    func printable(atMost length: Int) -> String {
        let clean = String(unicodeScalars.map { $0.properties.generalCategory == .control ? " " : Character($0) })
        return clean.count <= length ? clean : clean.prefix(length - 1) + "…"
    }
}
