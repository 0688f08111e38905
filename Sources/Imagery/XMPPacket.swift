/// The properties of an XMP packet that describe the flight, in attribute and in element form.
///
/// This is a scan and not an XML parser: it cannot be led into entity bombs, and it reads the packets that
/// cameras write, well-formed or not. Only the first 256 KiB are looked at.
struct XMPPacket {
    private static let maximumSize = 256 << 10
    private static let maximumValue = 200
    /// Lower-cased local name; in the namespace `Camera`, with that prefix, because its angles mean something else.
    private var values: [String: String] = [:]

    init(_ bytes: [UInt8]) {
        let bytes = bytes.prefix(Self.maximumSize)
        var index = bytes.startIndex
        while index < bytes.endIndex {
            guard Self.isName(bytes[index]) else {
                index += 1
                continue
            }
            let end = bytes[index...].firstIndex { !Self.isName($0) } ?? bytes.endIndex
            let isClosing = index > bytes.startIndex && bytes[index - 1] == UInt8(ascii: "/")
            if !isClosing, let key = Self.key(bytes[index..<end]), let value = Self.value(bytes[end...]) {
                if values[key] == nil { values[key] = value }
            }
            index = end
        }
    }

    func text(_ key: String) -> String? { values[key] }

    /// A finite number; DJI writes `+40.10`.
    func number(_ keys: String...) -> Double? {
        for key in keys {
            if let value = values[key].flatMap(Double.init), value.isFinite { return value }
        }
        return nil
    }

    func numbers(_ key: String) -> [Double] {
        (values[key] ?? "").split { " ,;".contains($0) }.compactMap { Double($0) }.filter(\.isFinite)
    }

    private static func isName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: ":"):
            true
        default: false
        }
    }

    private static func key(_ name: ArraySlice<UInt8>) -> String? {
        guard name.count <= 80 else { return nil }
        // In bytes, for strings made most of the time that a photo's tags take.
        let parts = name.split(separator: UInt8(ascii: ":")).map(lowercased)
        guard parts.count == 2, parts[0] != "xmlns", parts[0] != "rdf" else { return nil }
        return parts[0] == "camera" ? "camera:\(parts[1])" : parts[1]
    }

    /// A name is ASCII.
    private static func lowercased(_ name: ArraySlice<UInt8>) -> String {
        String(
            decoding: name.lazy.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 },
            as: UTF8.self)
    }

    /// What follows a name: `="…"`, `='…'`, or `>…<`, there also the first item of a list.
    private static func value(_ rest: ArraySlice<UInt8>) -> String? {
        var rest = rest.drop(while: isBlank)
        if rest.first == UInt8(ascii: "=") {
            rest = rest.dropFirst().drop(while: isBlank)
            guard let quote = rest.popFirst(), quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else {
                return nil
            }
            return clean(rest.prefix(maximumValue).prefix { $0 != quote })
        }
        guard rest.popFirst() == UInt8(ascii: ">") else { return nil }
        rest = rest.drop(while: isBlank)
        for _ in 0..<2 where rest.starts(with: Array("<rdf:".utf8)) {
            rest = rest.prefix(maximumValue).drop { $0 != UInt8(ascii: ">") }.dropFirst().drop(while: isBlank)
        }
        return clean(rest.prefix(maximumValue).prefix { $0 != UInt8(ascii: "<") })
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    private static func clean(_ bytes: some Collection<UInt8>) -> String? {
        TagValue.clean(String(decoding: bytes, as: UTF8.self), limit: maximumValue)
    }
}
