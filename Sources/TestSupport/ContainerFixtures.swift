public import DB

extension ODMPlace {
    public static let test = ODMPlace(host: "test", engine: "test", bootID: nil)
}

extension JobQueue {
    /// Puts a container of the claim on record, as a stage does just before it starts one.
    @discardableResult
    public func addContainer(
        _ id: String, _ token: LeaseToken, within limit: Duration = .seconds(86_400), lease: Duration = .seconds(1800)
    ) async throws -> ODMRun {
        let run = try await planODMRun(token, within: limit, on: .test)
        try await recordContainer(token, run: run.id, id: id, odmLease: lease)
        return run
    }
}
