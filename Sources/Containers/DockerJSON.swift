import Failures
import Foundation

/// The engine writes its JSON keys `LikeThis`; our properties are named `likeThis`.
/// The keys of dictionaries, such as labels, stay as they are.
enum DockerJSON {
    static func encode(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .custom { path in Key(changing: path.last) { $0.uppercased() } }
        return try Array(encoder.encode(value))
    }

    static func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8], purpose: String) throws -> Value {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .custom { path in Key(changing: path.last) { $0.lowercased() } }
        do {
            return try decoder.decode(type, from: Data(bytes))
        } catch {
            let start = String(decoding: bytes.prefix(200), as: UTF8.self)
            throw Failure.dockerAnswerUnreadable(purpose, reason: "\(error) in: \(start)")
        }
    }

    private struct Key: CodingKey {
        let stringValue: String
        let intValue: Int?

        init(changing key: (any CodingKey)?, first change: (Character) -> String) {
            let name = key?.stringValue ?? ""
            stringValue = name.prefix(1).map(change).joined() + name.dropFirst()
            intValue = key?.intValue
        }

        init(stringValue: String) { (self.stringValue, intValue) = (stringValue, nil) }
        init(intValue: Int) { (stringValue, self.intValue) = ("\(intValue)", intValue) }
    }
}
