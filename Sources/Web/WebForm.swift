/// A `multipart/form-data` body: text fields, then one part of a file. It is made while it is sent.
/// Source: https://www.rfc-editor.org/rfc/rfc7578.html
public struct WebForm: Sendable {
    /// A range of bytes of a file, sent as if it were a file.
    public struct FilePart: Sendable {
        let field: String
        let fileName: String
        let file: WebFile
        let offset: Int64
        let count: Int64

        /// - Parameters:
        ///   - field: the form field's name.
        ///   - fileName: what the server is told that the file is called.
        ///   - offset: the first byte.
        ///   - count: how many.
        public init(field: String, fileName: String, file: WebFile, offset: Int64, count: Int64) {
            (self.field, self.fileName, self.file) = (field, fileName, file)
            (self.offset, self.count) = (offset, count)
        }
    }

    /// Chosen at random, so long that no file contains it.
    let boundary: String
    let head: [UInt8]
    let part: FilePart
    let tail: [UInt8]

    /// - Parameter fields: names and values, in the order in which they are sent; a name may come more than once.
    public init(_ fields: [(name: String, value: String)], file part: FilePart) {
        let digits = (0..<32).map { _ in String(Int.random(in: 0..<16), radix: 16) }
        boundary = "part-" + digits.joined()
        var text = ""
        for field in fields {
            text += "--\(boundary)\r\nContent-Disposition: form-data; name=\"\(Self.quoted(field.name))\"\r\n\r\n"
            text += field.value + "\r\n"
        }
        text += "--\(boundary)\r\nContent-Disposition: form-data; name=\"\(Self.quoted(part.field))\""
        text += "; filename=\"\(Self.quoted(part.fileName))\"\r\nContent-Type: application/octet-stream\r\n\r\n"
        head = Array(text.utf8)
        self.part = part
        tail = Array("\r\n--\(boundary)--\r\n".utf8)
    }

    /// What would end a name is written as browsers write it.
    /// Source: https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#multipart-form-data
    private static func quoted(_ name: String) -> String {
        name.unicodeScalars.reduce(into: "") { text, scalar in
            switch scalar {
            case "\"": text += "%22"
            case "\r": text += "%0D"
            case "\n": text += "%0A"
            default: text.unicodeScalars.append(scalar)
            }
        }
    }
}
