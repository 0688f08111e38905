/// How to reach PostgreSQL.
public struct DatabaseSettings: Equatable, Sendable {
    /// A libpq URI. Secret, because it may hold a password.
    ///
    /// It must lead to PostgreSQL itself or to a pooler in session mode: LISTEN does not work through a pooler
    /// in transaction mode.
    public let url: Secret

    init(reading reader: inout EnvironmentReader) {
        url =
            reader.secret(
                "DATABASE_URL", accepted: "a libpq address, such as postgres://user@host:5432/deadtrees"
            ) { $0.hasPrefix("postgres://") || $0.hasPrefix("postgresql://") }
            ?? Secret("postgres:///deadtrees")
    }
}
