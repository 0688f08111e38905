import Foundation

/// A value that must not reach a log, an error or a page by accident: it prints as dots.
public struct Secret: Equatable, Sendable, CustomStringConvertible, CustomReflectable {
    private let value: String

    public init(_ value: String) {
        self.value = value
    }

    /// The value itself. Hand it to the library that needs it and nowhere else.
    public func reveal() -> String { value }

    public var description: String { "•••" }
    public var customMirror: Mirror { Mirror(self, children: []) }

    /// The address with dots for its password, if it has one; other text as it is.
    static func hidingPassword(in text: String) -> String {
        text.replacing(#/(?<user>:\/\/[^:\/@]*):[^@]*@/#) { "\($0.output.user):•••@" }
    }

    /// Reads a file that holds one secret and nothing else; a line break at its end is not part of it.
    static func read(file: String) throws -> String {
        try String(contentsOfFile: file, encoding: .utf8).trimmingCharacters(in: .newlines)
    }
}
