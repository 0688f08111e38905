import Checksums
import Foundation
import Testing

@Suite struct SHA256Tests {
    /// Source: https://csrc.nist.gov/projects/cryptographic-algorithm-validation-program/secure-hashing
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (String(repeating: "a", count: 1_000_000), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
    ])
    func hashesTheVectorsOfTheStandard(message: String, digest: String) {
        let hash = SHA256()
        // Uneven pieces, so that block borders fall inside of them.
        let data = Data(message.utf8)
        for start in stride(from: 0, to: data.count, by: 9973) {
            hash.update(data[start..<min(start + 9973, data.count)])
        }
        #expect(hash.hexDigest() == digest)
    }
}
