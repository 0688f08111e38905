/// What has arrived of an answer so far.
final class ReceivedAnswer {
    private let limit: Int
    private var headers: [String: String] = [:]
    private var body: [UInt8] = []
    private(set) var isTooLong = false
    /// Whether a final answer has begun; `100 Continue` is none.
    private(set) var hasBegun = false

    init(limit: Int) { self.limit = limit }

    func response(status: Int) -> WebResponse { WebResponse(status: status, headers: headers, body: body) }

    /// Takes one line of the answer's head. A status line begins a new answer, and what came before is forgotten.
    func takeHeader(_ bytes: UnsafeRawBufferPointer) {
        let line = String(decoding: bytes, as: UTF8.self)
        if line.hasPrefix("HTTP/") {
            headers = [:]
            hasBegun = !(line.split(separator: " ").dropFirst().first?.hasPrefix("1") ?? false)
        } else if let colon = line.firstIndex(of: ":") {
            let value = line[line.index(after: colon)...]
            headers[line[..<colon].lowercased()] = Self.trimmed(value)
        }
    }

    /// - Returns: false when there is more than the caller wants to have.
    func takeBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
        isTooLong = body.count + bytes.count > limit
        if !isTooLong { body.append(contentsOf: bytes) }
        return !isTooLong
    }

    private static func trimmed(_ text: Substring) -> String {
        let start = text.drop { $0.isWhitespace }
        let spaces = start.reversed().prefix { $0.isWhitespace }
        return String(start.dropLast(spaces.count))
    }
}
