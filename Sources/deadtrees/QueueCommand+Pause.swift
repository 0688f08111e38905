import ArgumentParser
import DB

extension QueueCommand {
    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "No new claims anywhere until resume. Running work goes on.")

        @Argument(help: "Why, for those who look at the queue meanwhile.")
        var reason: String

        func run() async throws {
            try await Environment().queue().pause(reason: reason)
            print("the queue is paused; deadtrees queue resume ends that")
        }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "End a pause.")

        func run() async throws {
            try await Environment().queue().resume()
            print("the queue goes on")
        }
    }
}
