import ArgumentParser
import DB
import Failures
import Foundation

@main
struct Deadtrees: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deadtrees",
        abstract: "Turns raw drone photos into orthophotos: the queue, its workers, and what they stand on.",
        version: Version.text,
        subcommands: [
            MigrateCommand.self, WorkerCommand.self, ServeCommand.self, QueueCommand.self, WorkersCommand.self,
            DrainCommand.self,
            EvictCommand.self, LogsCommand.self, DoctorCommand.self, ScanCommand.self, RasterCommand.self,
            SimulateFlightCommand.self, UploadCommand.self, NativeCommand.self,
        ])

    /// Exit codes: 0 done, 1 the thing failed, 2 wrong usage or configuration, 69 a dependency is unreachable.
    static func main() async {
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch let error where isUsage(error) {
            FileHandle.standardError.write(Data("\(fullMessage(for: error))\n".utf8))
            Foundation.exit(2)
        } catch let code as ExitCode {
            Foundation.exit(code.rawValue)
        } catch let error where exitCode(for: error) == .success {
            // --help and --version arrive as errors.
            print(fullMessage(for: error))
        } catch {
            let failure = Failure(error)
            FileHandle.standardError.write(Data("deadtrees: \(failure)\n".utf8))
            Foundation.exit(exitStatus(for: failure))
        }
    }

    private static func isUsage(_ error: any Error) -> Bool {
        !(error is ExitCode) && exitCode(for: error) == .validationFailure
    }

    private static func exitStatus(for failure: Failure) -> Int32 {
        switch failure.code {
        case "bad_setting", "unknown_task_type", "docker_host_invalid", "storage_key_unusable", "web_request_invalid": 2
        case "database_unreachable", "docker_unreachable", "storage_unreachable", "web_unreachable", "web_broken",
            "web_silent",
            "server_unavailable":
            69
        default: 1
        }
    }
}

/// What `--version` prints and `v2_workers.version` holds.
enum Version {
    static let text = "0.1.0"
}
