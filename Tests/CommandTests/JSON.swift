import Foundation

/// Any JSON, to be looked into by key and place.
enum JSON: Decodable, Equatable {
    case null
    case bool(Bool)
    case number(Double)
    case text(String)
    case list([JSON])
    case object([String: JSON])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {  // the next kind is tried
            self = .bool(value)
        } else if let value = try? container.decode(Double.self) {  // the next kind is tried
            self = .number(value)
        } else if let value = try? container.decode(String.self) {  // the next kind is tried
            self = .text(value)
        } else if let value = try? container.decode([JSON].self) {  // the next kind is tried
            self = .list(value)
        } else {
            self = .object(try container.decode([String: JSON].self))
        }
    }

    /// Nil when there is no such key, which is not the same as null.
    subscript(key: String) -> JSON? {
        guard case .object(let object) = self else { return nil }
        return object[key]
    }

    var items: [JSON] {
        guard case .list(let list) = self else { return [] }
        return list
    }

    var keys: Set<String> {
        guard case .object(let object) = self else { return [] }
        return Set(object.keys)
    }

    var text: String? {
        guard case .text(let text) = self else { return nil }
        return text
    }

    var int: Int64? {
        guard case .number(let number) = self else { return nil }
        return Int64(number)
    }
}
