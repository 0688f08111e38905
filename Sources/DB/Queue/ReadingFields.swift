import Foundation

/// A field that is null in JSON, and not left out, when there is no value: programs can rely on its key.
@propertyWrapper
public struct OrNull<Value: Encodable & Sendable>: Encodable, Sendable {
    public var wrappedValue: Value?

    public init(wrappedValue: Value?) {
        self.wrappedValue = wrappedValue
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(wrappedValue)
    }
}

extension Row {
    /// A moment that the statement gave as seconds since 1970.
    func date(_ column: String) throws -> Date {
        Date(timeIntervalSince1970: try get(column, as: Double.self))
    }

    func dateIfPresent(_ column: String) throws -> Date? {
        try getIfPresent(column, as: Double.self).map(Date.init(timeIntervalSince1970:))
    }
}

extension JobQueue {
    /// Runs statements that only read, all of them on the database as it is at one moment.
    /// - Throws: `Failure` with code `schema_missing` when the tables are not there; `DatabaseError`.
    func reading<Result: Sendable>(
        _ body: @escaping @Sendable (Transaction) throws -> Result
    ) async throws -> Result {
        try await inWords {
            try await database.transaction { transaction in
                try transaction.script("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY", as: "read")
                return try body(transaction)
            }
        }
    }
}

extension Transaction {
    /// The database's clock: ages are counted from here, and not from this host's clock.
    func now() throws -> Date { try run(Self.readClock)[0].date("now") }

    private static let readClock = Statement("read clock", "SELECT extract(epoch FROM now()) AS now")
}
