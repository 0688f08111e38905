import DB
import TestSupport
import Testing

extension TestDatabase {
    /// A claim as plain SQL, for a transaction that a test holds open.
    static func claimStatement(_ worker: String, limit: Int = 1) -> String {
        """
        SELECT queue_id FROM v2_workers w, v2_claim(
          w.name, w.instance, w.host, '{odm_processing,geotiff,cog,thumbnail}',
          '{odm_processing,ortho_processing,cog_processing,thumbnail_processing}',
          '{is_odm_done,is_ortho_done,is_cog_done,is_thumbnail_done}', \(limit), '90 seconds', NULL)
        WHERE w.name = '\(worker)'
        """
    }

    /// What became of a row that has left the queue: its outcome and its sentence.
    func outcome(of row: Int64) async throws -> String? {
        try await sql(
            "SELECT concat_ws(': ', outcome, error) AS ended FROM v2_requests WHERE queue_id = $1", [.int(row)]
        ).first?.get("ended")
    }

    /// How many rows were ever committed, each of which must be in the queue or have an outcome, once.
    func everyRowOnce() async throws -> Int {
        let row = try await sql(
            """
            SELECT count(*) AS n, count(DISTINCT id) AS distinct_n
            FROM (SELECT id FROM v2_queue UNION ALL SELECT queue_id FROM v2_requests) AS every
            """)[0]
        let rows: Int = try row.get("n")
        #expect(try row.get("distinct_n") == rows)
        return rows
    }
}
