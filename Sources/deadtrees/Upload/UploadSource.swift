import ArgumentParser
import Checksums
import Execution
import Failures
import Foundation
import Web

/// The file that is uploaded, in chunks.
struct UploadSource: Sendable {
    let file: WebFile
    /// Without its folder: what the server calls it.
    let name: String
    let chunkCount: Int
    private let path: String
    private let chunkBytes: Int64

    init(_ path: String, chunkBytes: Int64) throws {
        let url = URL(fileURLWithPath: path).standardizedFileURL.resolvingSymlinksInPath()
        file = try WebFile(url.path)
        (self.path, name, self.chunkBytes) = (url.path, URL(fileURLWithPath: path).lastPathComponent, chunkBytes)
        guard file.bytes > 0 else { throw Failure.uploadFileEmpty(name) }
        chunkCount = Int((file.bytes + chunkBytes - 1) / chunkBytes)
    }

    /// Sent last and alone: with it the server makes the dataset.
    var lastChunk: Int { chunkCount - 1 }

    func range(of chunk: Int) -> (offset: Int64, count: Int64) {
        let offset = Int64(chunk) * chunkBytes
        return (offset, min(chunkBytes, file.bytes - offset))
    }

    /// The same for the same file, server and chunk size, so that the same command goes on with the same upload.
    func uploadID(for address: UploadAddress) -> String {
        let sum = SHA256()
        sum.update(Data("\(path)\0\(file.bytes)\0\(file.modified)\0\(chunkBytes)\0\(address)".utf8))
        return "cli-\(sum.hexDigest().prefix(32))"
    }

    /// SHA-256 in lower-case hexadecimal digits.
    func checksum(of chunk: Int, _ interruption: Interruption) throws -> String {
        let (offset, count) = range(of: chunk)
        let sum = SHA256()
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 128 << 10, alignment: 16)
        defer { buffer.deallocate() }
        for start in stride(from: 0, to: count, by: buffer.count) {
            try interruption.check()
            let piece = UnsafeMutableRawBufferPointer(
                rebasing: buffer.prefix(Int(min(Int64(buffer.count), count - start))))
            guard try file.read(into: piece, at: offset + start) == piece.count else {
                throw Failure.uploadFileChanged(name)
            }
            sum.update(UnsafeRawBufferPointer(piece))
        }
        return sum.hexDigest()
    }

    func checkUnchanged() throws {
        guard file.isUnchanged else { throw Failure.uploadFileChanged(name) }
    }
}

/// A server's address as it is used: without a slash at its end.
struct UploadAddress: ExpressibleByArgument, CustomStringConvertible, Sendable {
    let description: String
    private let host: String

    init?(argument: String) {
        guard let parts = URLComponents(string: argument), ["http", "https"].contains(parts.scheme?.lowercased()),
            let host = parts.host, !host.isEmpty, parts.query == nil, parts.fragment == nil, parts.user == nil
        else { return nil }
        self.host = host
        description = argument.replacing(#/\/+$/#, with: "")
    }

    /// Whether the token can be read on its way.
    var showsToken: Bool {
        let isHere = host == "localhost" || host == "[::1]" || host == "::1" || host.hasPrefix("127.")
        return description.lowercased().hasPrefix("http:") && !isHere
    }

    static func fromEnvironment() throws -> UploadAddress {
        let given = ProcessInfo.processInfo.environment["DEADTREES_SERVER"].flatMap { $0.isEmpty ? nil : $0 }
        guard let address = UploadAddress(argument: given ?? "http://127.0.0.1:8000") else {
            throw Failure.serverAddressInvalid()
        }
        return address
    }
}
