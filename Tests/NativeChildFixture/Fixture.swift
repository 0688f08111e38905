import Foundation
import NativeChild

/// A program whose native work goes wrong in every way there is.
@main
enum Fixture {
    private static let works: [any NativeWork.Type] = [
        Echo.self, Refuse.self, Crash.self, Spin.self, Hoard.self, Fill.self, Chatter.self, Vanish.self, Count.self,
        Large.self, Linger.self,
    ]

    static func main() async throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        switch arguments.first {
        case "native": exit(NativeHost(works).serve())
        case "linger": try await Parents.linger(Array(arguments.dropFirst()))
        case "census": try await Parents.census(50, scratch: arguments[1])
        case "unheard": try await Parents.unheard()
        default: exit(64)
        }
    }
}
