import CLibCrypto
public import Foundation

/// SHA-256 of bytes that arrive piece by piece, for telling files apart and finding damage; nothing secret passes
/// through it.
///
/// OpenSSL's, because libpq and libssh2 load it anyway, and because it uses the processor's SHA instructions: 1 GB/s
/// and more, where plain code reaches a fifth.
public struct SHA256: ~Copyable {
    private let context: OpaquePointer

    public init() {
        guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
            // Only for want of memory: https://docs.openssl.org/3.0/man3/EVP_DigestInit/
            preconditionFailure("OpenSSL has no SHA-256")
        }
        self.context = context
    }

    deinit { EVP_MD_CTX_free(context) }

    public func update(_ bytes: UnsafeRawBufferPointer) {
        EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
    }

    public func update(_ data: Data) { data.withUnsafeBytes { update($0) } }

    /// The digest of all bytes so far, in 64 lower-case hexadecimal digits. More may follow.
    public func hexDigest() -> String {
        var digest = [UInt8](repeating: 0, count: 32)
        let copy = EVP_MD_CTX_new()
        defer { EVP_MD_CTX_free(copy) }
        EVP_MD_CTX_copy_ex(copy, context)
        EVP_DigestFinal_ex(copy, &digest, nil)
        return digest.map { $0 < 16 ? "0\(String($0, radix: 16))" : String($0, radix: 16) }.joined()
    }
}
