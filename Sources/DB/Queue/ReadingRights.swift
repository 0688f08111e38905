/// What the role that is connected may do, beside the role `deadtrees_worker`, which may do exactly what a worker does.
public struct WorkerRights: Sendable {
    /// Who is connected.
    public let role: String
    public let isRoleThere: Bool
    /// Whether this database has the queue's tables.
    public let isSchemaThere: Bool
    /// Whether `v2_grant_worker_rights` has been run in this database.
    public let isGranted: Bool
    /// What `deadtrees_worker` may do and this role may not, e.g. `UPDATE on v2_queue`.
    public let missing: [String]
}

extension JobQueue {
    public func workerRights() async throws -> WorkerRights {
        let row = try await database.run(Self.readRights)[0]
        return try WorkerRights(
            role: row.get("role"), isRoleThere: row.get("is_role_there"), isSchemaThere: row.get("is_schema_there"),
            isGranted: row.get("is_granted"),
            missing: row.get("missing"))
    }

    // Row level security lets its rows through to the owner, to superusers, and to members of the role.
    private static let readRights = Statement(
        "read rights",
        """
        WITH granted AS (
          SELECT a.privilege_type || ' on ' || c.relname AS what, has_table_privilege(c.oid, a.privilege_type) AS held
          FROM pg_class c, aclexplode(c.relacl) a
          WHERE c.relnamespace = 'public'::regnamespace AND a.grantee = to_regrole('deadtrees_worker')
          UNION ALL
          SELECT a.privilege_type || ' on ' || c.relname, has_column_privilege(c.oid, t.attnum, a.privilege_type)
          FROM pg_class c JOIN pg_attribute t ON t.attrelid = c.oid, aclexplode(t.attacl) a
          WHERE c.relnamespace = 'public'::regnamespace AND a.grantee = to_regrole('deadtrees_worker')
          UNION ALL
          SELECT a.privilege_type || ' on ' || p.proname, has_function_privilege(p.oid, a.privilege_type)
          FROM pg_proc p, aclexplode(p.proacl) a
          WHERE p.pronamespace = 'public'::regnamespace AND a.grantee = to_regrole('deadtrees_worker')
          UNION ALL
          SELECT 'row level security of ' || c.relname,
            NOT row_security_active(c.oid) OR pg_has_role(to_regrole('deadtrees_worker'), 'USAGE')
          FROM pg_class c
          WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
            AND has_table_privilege(to_regrole('deadtrees_worker'), c.oid, 'SELECT'))
        SELECT current_user AS role, to_regrole('deadtrees_worker') IS NOT NULL AS is_role_there,
          to_regclass('public.v2_queue_lease') IS NOT NULL AS is_schema_there,
          coalesce((SELECT count(*) > 0 FROM granted WHERE what LIKE '%v2_queue_lease'), false) AS is_granted,
          ARRAY(SELECT DISTINCT what FROM granted WHERE NOT held ORDER BY what) AS missing
        """)
}
