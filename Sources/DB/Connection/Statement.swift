/// One named SQL statement, prepared once a connection under its name.
public struct Statement: Sendable, Equatable {
    public let name: String
    public let sql: String

    public init(_ name: String, _ sql: String) {
        self.name = name
        self.sql = sql
    }
}
