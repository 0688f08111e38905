import CLibPQ
import Glibc

/// The one owner of a libpq connection, used by one thread at a time: `Connection` and `Listener` see to that.
///
/// All calls block. Sockets are made to notice a dead peer: keepalives find an idle one in 11 s,
/// `tcp_user_timeout` one that swallows a query in 10 s (both measured; libpq's defaults take hours). A peer that
/// keeps the connection up and never answers is given up after `patience`.
final class Session {
    let handle: OpaquePointer
    private var prepared: Set<String> = []
    /// How long one prepared statement may take. Longer than any of ours should, lock waits included.
    static let patience = Duration.seconds(60)

    init(url: String, applicationName: String) throws(DatabaseError) {
        try Self.check(url)
        let defaults = [
            ("keepalives_idle", "5"), ("keepalives_interval", "2"), ("keepalives_count", "3"),
            ("tcp_user_timeout", "10000"), ("connect_timeout", "10"), ("application_name", applicationName),
        ]
        // expand_dbname lets the URL, which comes last, override every default before it.
        let opened = withCStrings(defaults.map(\.0) + ["dbname"], defaults.map(\.1) + [url]) {
            PQconnectdbParams($0, $1, 1)
        }
        guard let opened else {
            throw DatabaseError(sqlState: nil, message: "out of memory", operation: "connect")
        }
        guard PQstatus(opened) == CONNECTION_OK else {
            let message = errorMessage(opened)
            PQfinish(opened)
            throw DatabaseError(sqlState: nil, message: message, operation: "connect")
        }
        handle = opened
        PQsetNoticeProcessor(opened, { _, _ in }, nil)
    }

    deinit { PQfinish(handle) }

    /// libpq repeats an address that it cannot read in its error, password and all: so it is read apart, first.
    private static func check(_ url: String) throws(DatabaseError) {
        var reason: UnsafeMutablePointer<CChar>?
        guard let options = PQconninfoParse(url, &reason) else {
            PQfreemem(reason)
            throw .unreadableAddress
        }
        PQconninfoFree(options)
    }

    private var isGivenUp = false

    /// False once libpq, or we, have given the connection up.
    var isAlive: Bool { !isGivenUp && PQstatus(handle) == CONNECTION_OK }

    /// True inside a transaction block, also a failed one.
    var isInTransaction: Bool { PQtransactionStatus(handle) != PQTRANS_IDLE }

    /// Runs one statement with parameters, preparing it on first use.
    func run(_ statement: Statement, _ parameters: [SQLValue]) throws(DatabaseError) -> [Row] {
        if !prepared.contains(statement.name) {
            _ = try answer(
                PQsendPrepare(handle, statement.name, statement.sql, 0, nil), within: Self.patience, statement.name)
            prepared.insert(statement.name)
        }
        let isSent = withCStrings(parameters.map(\.text)) {
            PQsendQueryPrepared(handle, statement.name, Int32(parameters.count), $0, nil, nil, 0)
        }
        return try answer(isSent, within: Self.patience, statement.name)
    }

    /// Runs one statement without parameters or rows, such as COMMIT.
    func command(_ sql: String, within limit: Duration = Session.patience) throws(DatabaseError) {
        _ = try answer(PQsendQuery(handle, sql), within: limit, sql)
    }

    /// Waits for the result of what was sent.
    private func answer(_ isSent: Int32, within limit: Duration, _ operation: String) throws(DatabaseError) -> [Row] {
        guard isSent == 1 else {
            throw DatabaseError(sqlState: nil, message: errorMessage(handle), operation: operation)
        }
        let end = ContinuousClock.now + limit
        while PQisBusy(handle) == 1 {
            var descriptor = pollfd(fd: PQsocket(handle), events: Int16(POLLIN), revents: 0)
            let left = max(0, (end - .now) / .milliseconds(1))
            guard left > 0 else {
                isGivenUp = true
                throw DatabaseError(sqlState: nil, message: "no answer within \(limit)", operation: operation)
            }
            poll(&descriptor, 1, Int32(left.rounded(.up)))
            // What went wrong is in the result.
            if PQconsumeInput(handle) == 0 { break }
        }
        let result = PQgetResult(handle)
        // libpq wants to be asked until there is nothing more; statements of ours have one result.
        while let more = PQgetResult(handle) { PQclear(more) }
        return try rows(result, operation)
    }

    /// Runs a script of statements without parameters in one round trip, however long it takes.
    func script(_ sql: String, _ operation: String) throws(DatabaseError) {
        _ = try rows(PQexec(handle, sql), operation)
    }

    private func rows(_ result: OpaquePointer?, _ operation: String) throws(DatabaseError) -> [Row] {
        guard let result else {
            throw DatabaseError(sqlState: nil, message: errorMessage(handle), operation: operation)
        }
        defer { PQclear(result) }
        switch PQresultStatus(result) {
        case PGRES_COMMAND_OK: return []
        case PGRES_TUPLES_OK: return decode(result)
        default:
            // PG_DIAG_SQLSTATE is the character 'C', a macro that Swift does not import.
            let state = PQresultErrorField(result, Int32(UInt8(ascii: "C"))).map { String(cString: $0) }
            throw DatabaseError(
                sqlState: isAlive ? state : nil, message: trimmed(PQresultErrorMessage(result)), operation: operation)
        }
    }

    private func decode(_ result: OpaquePointer) -> [Row] {
        let width = PQnfields(result)
        var columns: [String: Int] = [:]
        for column in 0..<width { columns[String(cString: PQfname(result, column))] = Int(column) }
        return (0..<PQntuples(result)).map { row in
            Row(
                columns: columns,
                values: (0..<width).map { column in
                    PQgetisnull(result, row, column) == 1 ? nil : String(cString: PQgetvalue(result, row, column))
                })
        }
    }
}

func errorMessage(_ handle: OpaquePointer) -> String { trimmed(PQerrorMessage(handle)) }

private func trimmed(_ message: UnsafePointer<CChar>?) -> String {
    guard let message else { return "no message" }
    return String(cString: message).split(separator: "\n").joined(separator: "; ")
}

private typealias CStrings = UnsafePointer<UnsafePointer<CChar>?>

/// Lends `strings` as a C array that ends in NULL, for the time of `body`.
private func withCStrings<Result>(_ strings: [String?], _ body: (CStrings?) -> Result) -> Result {
    let copies = strings.map { $0.flatMap { strdup($0) } } + [nil]
    defer { copies.forEach { free($0) } }
    return copies.map { UnsafePointer($0) }.withUnsafeBufferPointer { body($0.baseAddress) }
}

private func withCStrings<Result>(
    _ keywords: [String], _ values: [String], _ body: (CStrings?, CStrings?) -> Result
) -> Result {
    withCStrings(keywords) { keywords in withCStrings(values) { values in body(keywords, values) } }
}
