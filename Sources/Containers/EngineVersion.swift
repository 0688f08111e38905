import Failures

/// A version of the engine's API, e.g. 1.41.
public struct EngineVersion: Comparable, Sendable, CustomStringConvertible {
    /// What the calls here need: Docker 20.10.
    public static let oldest = EngineVersion(major: 1, minor: 41)
    /// What they were written against: Docker 27.
    public static let newest = EngineVersion(major: 1, minor: 47)

    public let major: Int
    public let minor: Int

    init(major: Int, minor: Int) {
        self.major = major
        self.minor = minor
    }

    init?(_ text: String) {
        let parts = text.split(separator: ".").map { Int($0) }
        guard parts.count == 2, let major = parts[0], let minor = parts[1] else { return nil }
        self.init(major: major, minor: minor)
    }

    public var description: String { "\(major).\(minor)" }

    public static func < (left: EngineVersion, right: EngineVersion) -> Bool {
        (left.major, left.minor) < (right.major, right.minor)
    }
}

/// The part of `GET /version` that says what the engine speaks.
struct VersionAnswer: Decodable {
    let apiVersion: String
    /// Missing on Podman before 4.
    let minAPIVersion: String?

    /// The newest version that both sides know.
    func negotiated() throws -> EngineVersion {
        guard let theirs = EngineVersion(apiVersion), theirs >= .oldest else { throw Failure.dockerTooOld(apiVersion) }
        if let minAPIVersion, let theirOldest = EngineVersion(minAPIVersion), theirOldest > .newest {
            throw Failure.dockerTooNew(minAPIVersion)
        }
        return min(theirs, .newest)
    }
}
