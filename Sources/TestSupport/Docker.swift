import Foundation
public import Testing

/// Whether the tests have a Docker Engine.
public enum Docker {
    public static var isAvailable: Bool { ProcessInfo.processInfo.environment["DOCKER_HOST"] != nil }
    public static var whyNot: Comment {
        Comment(rawValue: ProcessInfo.processInfo.environment["DEADTREES_NO_DOCKER"] ?? "DOCKER_HOST is not set")
    }
}
