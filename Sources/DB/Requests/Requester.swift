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
    func become(_ requester: Requester) throws(DatabaseError) {
        try run(Self.becomeUser, [.text(requester.claims)])
    }

    /// From here on row level security is passed by: for what the platform lets nobody signed in do. Who asked stays
    /// known.
    func becomeService() throws(DatabaseError) {
        try run(Self.becomeServiceRole)
    }

    // set_config of "role" is SET LOCAL ROLE with a parameter.
    private static let becomeUser = Statement(
        "become user",
        "SELECT set_config('request.jwt.claims', $1, true), set_config('role', 'authenticated', true)")
    private static let becomeServiceRole = Statement(
        "become service", "SELECT set_config('role', 'service_role', true)")
}
