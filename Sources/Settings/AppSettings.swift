public import Failures
import Foundation

/// Every setting of the system, read from the environment once, at the start.
///
/// `.env.example` lists all variables with unit and default. An empty variable counts as not set.
public struct AppSettings: Equatable, Sendable {
    public let database: DatabaseSettings
    public let storage: StorageSettings
    public let worker: WorkerSettings
    public let odm: ODMSettings
    public let api: APISettings
    public let log: LogSettings

    /// Reads the settings of this process. Throws `bad_setting`.
    public static func current() throws(Failure) -> AppSettings {
        try AppSettings(environment: ProcessInfo.processInfo.environment, host: .current())
    }

    /// Reads the settings.
    ///
    /// Secrets may also come from the file that `NAME_FILE` names; nothing else is read but `environment`.
    /// Throws `bad_setting` with one sentence about all that is wrong: which variable, what it is (not for
    /// secrets), what is accepted.
    public init(environment: [String: String], host: HostFacts) throws(Failure) {
        var reader = EnvironmentReader(environment: environment, readSecretFile: Secret.read(file:))
        self.init(reading: &reader, host: host)
        try reader.finish()
    }

    init(reading reader: inout EnvironmentReader, host: HostFacts) {
        database = DatabaseSettings(reading: &reader)
        storage = StorageSettings(reading: &reader, host: host)
        worker = WorkerSettings(reading: &reader, host: host)
        odm = ODMSettings(reading: &reader, host: host)
        api = APISettings(reading: &reader, host: host)
        log = LogSettings(reading: &reader)
        reader.require(
            odm.lease >= worker.lease,
            "ODM_LEASE is \(odm.lease.written), but must be at least LEASE, which is \(worker.lease.written)")
    }
}
