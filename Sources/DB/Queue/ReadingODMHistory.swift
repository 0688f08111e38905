import Failures

/// How long ODM took for earlier sets, as `v2_task_runs.detail` has it of runs that succeeded.
public struct ODMHistory: Codable, Equatable, Sendable {
    public struct Run: Codable, Equatable, Sendable {
        public let photos: Int
        /// Of all photos together.
        public let megapixels: Double
        /// That the container ran.
        public let seconds: Double

        public init(photos: Int, megapixels: Double, seconds: Double) {
            self.photos = photos
            self.megapixels = megapixels
            self.seconds = seconds
        }
    }

    /// Newest first, at most 50.
    public let runs: [Run]
    /// Whether they were on the host that was asked for; those of other hosts tell less.
    public let isOwn: Bool

    public init(runs: [Run] = [], isOwn: Bool = true) {
        self.runs = runs
        self.isOwn = isOwn
    }
}

extension JobQueue {
    /// The last ODM runs of the host, or those of all hosts where it has none. Only runs whose detail has `host`,
    /// `photos`, `megapixels` and `odmSeconds`, and only among the last 20,000 runs of any stage.
    /// - Throws: `DatabaseError`.
    public func odmHistory(host: String) async throws -> ODMHistory {
        let rows = try await database.run(Self.readODMRuns, [.text(host)])
        let isOwn = try rows.first?.get("is_own", as: Bool.self) ?? false
        // Those of this host come first.
        let same = try rows.filter { try $0.get("is_own", as: Bool.self) == isOwn }
        return try ODMHistory(
            runs: same.map { row in
                try ODMHistory.Run(
                    photos: row.get("photos"), megapixels: row.get("megapixels"), seconds: row.get("seconds"))
            }, isOwn: isOwn)
    }

    private static let readODMRuns = Statement(
        "read odm history",
        """
        SELECT coalesce(detail->>'host' = $1, false) AS is_own, (detail->>'photos')::double precision::integer AS photos,
          (detail->>'megapixels')::double precision AS megapixels, (detail->>'odmSeconds')::double precision AS seconds
        FROM (SELECT * FROM v2_task_runs ORDER BY id DESC LIMIT 20000) recent
        WHERE task_type = 'odm_processing' AND outcome = 'succeeded' AND jsonb_typeof(detail->'photos') = 'number'
          AND jsonb_typeof(detail->'megapixels') = 'number' AND jsonb_typeof(detail->'odmSeconds') = 'number'
          AND (detail->>'odmSeconds')::double precision > 0
        ORDER BY is_own DESC, id DESC LIMIT 50
        """)
}
