import Failures

/// A person on whose behalf statements run, as a verified token names them.
public struct Requester: Sendable, Equatable {
    /// The user's id: a UUID in lower case.
    public let userID: String
    /// The token's claims, JSON, as the platform's policies read them.
    public let claims: String

    public init(userID: String, claims: String) {
        self.userID = userID
        self.claims = claims
    }
}

extension Transaction {
    /// From here to the transaction's end the platform's row level security decides, as for a request of this person.
    /// - Throws: `Failure` with code `api_roles` where the database's user may not do that.
    func become(_ requester: Requester) throws {
        try takeRole(Self.becomeUser, [.text(requester.claims)])
    }

    /// From here on row level security is passed by: for what the platform lets nobody signed in do. Who asked stays
    /// known.
    func becomeService() throws { try takeRole(Self.becomeServiceRole) }

    private func takeRole(_ statement: Statement, _ parameters: [SQLValue] = []) throws {
        do throws(DatabaseError) {
            try run(statement, parameters)
        } catch {
            // insufficient_privilege, or there is no such role
            throw ["42501", "22023"].contains(error.sqlState) ? Failure.rolesMissing(error) as any Error : error
        }
    }

    // set_config of "role" is SET LOCAL ROLE with a parameter.
    private static let becomeUser = Statement(
        "become user",
        "SELECT set_config('request.jwt.claims', $1, true), set_config('role', 'authenticated', true)")
    private static let becomeServiceRole = Statement(
        "become service", "SELECT set_config('role', 'service_role', true)")
}
