import Foundation
import TestSupport

/// A chunk as a client sends it.
struct Form {
    var fields: [(String, String)]
    var fileName = "ortho.tif"
    var bytes: Data
    private var isFileFirst = false
    private let boundary = "----boundary\(UUID().uuidString)"

    init(_ index: Int, of total: Int, _ uploadID: String, _ bytes: Data, name: String = "ortho.tif") {
        fields = [
            ("chunk_index", "\(index)"), ("chunks_total", "\(total)"), ("upload_id", uploadID), ("license", "CC BY"),
            ("platform", "drone"), ("authors", "Ada Lovelace"), ("copy_time", "2"),
        ]
        self.bytes = bytes
        fileName = name
    }

    func with(_ field: String, _ value: String?) -> Form {
        var form = self
        form.fields.removeAll { $0.0 == field }
        if let value { form.fields.append((field, value)) }
        return form
    }

    /// As today's web client sends it.
    var fileFirst: Form {
        var form = self
        form.isFileFirst = true
        return form
    }

    var contentType: String { "multipart/form-data; boundary=\(boundary)" }

    var body: Data {
        let texts = fields.map { name, value in
            Data("--\(boundary)\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n\(value)\r\n".utf8)
        }
        let file =
            Data(
                "--\(boundary)\r\nContent-Disposition: form-data; name=\"file\"; filename=\"\(fileName)\"\r\nContent-Type: application/octet-stream\r\n\r\n"
                    .utf8) + bytes + Data("\r\n".utf8)
        let parts = isFileFirst ? [file] + texts : texts + [file]
        return parts.reduce(Data(), +) + Data("--\(boundary)--\r\n".utf8)
    }
}

extension APIProcess {
    func send(_ form: Form, token: String) async throws -> HTTPAnswer {
        try await call(
            "POST", "/datasets/chunk", token: token, headers: ["Content-Type": form.contentType], body: form.body)
    }

    /// Sends a whole file in order and returns the last answer.
    func upload(
        _ file: Data, _ uploadID: String, name: String = "ortho.tif", chunk: Int = 1 << 20, token: String,
        change: (Form) -> Form = { $0 }
    ) async throws -> HTTPAnswer {
        let pieces = file.pieces(of: chunk)
        var last: HTTPAnswer?
        for (index, piece) in pieces.enumerated() {
            last = try await send(change(Form(index, of: pieces.count, uploadID, piece, name: name)), token: token)
        }
        guard let last else { throw CocoaError(.fileReadUnknown) }
        return last
    }

    func state(of uploadID: String, token: String) async throws -> HTTPAnswer {
        try await call("GET", "/datasets/chunk/\(uploadID)", token: token)
    }
}

extension Data {
    func pieces(of size: Int) -> [Data] {
        stride(from: 0, to: count, by: size).map { Data(dropFirst($0).prefix(size)) }
    }

    /// Bytes that no compression and no accident make.
    static func random(_ count: Int, seed: Int64 = 1) -> Data {
        var dice = SeededDice(UInt64(seed), 0)
        return Data((0..<count).map { _ in UInt8.random(in: 0...255, using: &dice) })
    }
}
