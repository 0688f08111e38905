import ArgumentParser
import Containers
import DB
import Foundation
import Settings
import Tasks

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Look at all that the system stands on, and say what to do about what is wrong.",
        discussion: "Ends with 0 unless something failed: warnings do not count, and a host without a GPU is healthy.")

    private struct Report: Encodable {
        let checks: [HealthCheck]
        let isHealthy: Bool
    }

    @OptionGroup var json: JSONOption

    func run() async throws {
        let environment = try Environment()
        // One for all its checks: over SSH each would log in anew.
        let storage = Result { try environment.storage() }
        let doctor = Doctor(
            settings: environment.settings, database: environment.database(),
            engine: { try DockerEngine(host: environment.settings.odm.dockerHost, limit: .seconds(10)) },
            storage: { try storage.get() }, migrations: { try Environment.migrationsFolder() })
        let checks = await doctor.examine()
        let failed = checks.filter { $0.state == .failed }
        if json.isOn {
            try Output.json(Report(checks: checks, isHealthy: failed.isEmpty))
        } else {
            Output.table(
                ["check", "state", "found", "what to do"],
                checks.map { [$0.check, $0.state.rawValue, $0.found, $0.advice] })
        }
        guard failed.isEmpty else { throw ExitCode(failed.contains(where: \.isUnreachable) ? 69 : 1) }
    }
}
