import Foundation

/// Where a container runs: a host's name, its Docker Engine's own id, and which of its lives this is.
public struct ODMPlace: Sendable, Equatable {
    public let host: String
    public let engine: String
    /// Nil where the host does not tell.
    public let bootID: String?

    public init(host: String, engine: String, bootID: String?) {
        self.host = host
        self.engine = engine
        self.bootID = bootID
    }
}

/// One ODM container as `v2_odm_runs` has it.
public struct ODMRun: Sendable {
    public let id: Int64
    public let deadline: Deadline
    /// Why a worker decided to end it; nil where none did.
    public let kill: KillReason?
    public let place: ODMPlace

    init(_ row: Row) throws {
        id = try row.get("id")
        deadline = try Deadline(
            date: Date(timeIntervalSince1970: row.get("deadline")),
            remaining: .seconds(row.get("remaining", as: Double.self)))
        kill = try row.getIfPresent("kill_reason", as: String.self).flatMap(KillReason.init)
        place = try ODMPlace(host: row.get("host"), engine: row.get("engine"), bootID: row.getIfPresent("boot_id"))
    }
}

extension JobQueue {
    /// Writes down that a container will be made, and when it has to be over, before there is one. What earlier
    /// containers of the row took is taken off `limit`: one cap covers all attempts together.
    /// - Returns: the run; its deadline has passed already when nothing is left of the limit.
    /// - Throws: `Failure` with code `lease_lost`.
    public func planODMRun(
        _ token: LeaseToken, within limit: Duration, on place: ODMPlace
    ) async throws -> ODMRun {
        try await database.transaction { transaction in
            try transaction.fence(token)
            let rows = try transaction.run(
                Self.insertRun,
                [
                    .int(token.queueID), .int(token.attempt), .text(token.worker), .text(place.host),
                    .text(place.engine), .optional(place.bootID), .interval(limit),
                ])
            return try ODMRun(rows[0])
        }
    }

    /// Records the container, just before it is started. Also makes the lease the long one of a running ODM.
    public func recordContainer(_ token: LeaseToken, run: Int64, id: String, odmLease: Duration) async throws {
        try await database.transaction { transaction in
            try transaction.fence(token)
            try transaction.run(Self.writeRunContainer, [.int(run), .text(id)])
            try transaction.run(Self.writeContainer, [.int(token.queueID), .text(id), .interval(odmLease)])
        }
    }

    /// Makes a container that runs already this claim's own, with the deadline that it has always had. One that an
    /// older version has started is not on record yet, and is put there by its labels.
    /// - Parameters:
    ///   - attempt: the one that made it.
    ///   - deadline: Unix seconds.
    public func adoptContainer(
        _ token: LeaseToken, id: String, attempt: Int, deadline: Double, on place: ODMPlace, odmLease: Duration
    ) async throws -> ODMRun {
        try await database.transaction { transaction in
            try transaction.fence(token)
            try transaction.run(
                Self.insertOlderRun,
                [
                    .int(token.queueID), .int(attempt), .text(token.worker), .text(place.host), .text(place.engine),
                    .optional(place.bootID), .text(id), .double(deadline),
                ])
            let run = try ODMRun(transaction.run(Self.readRun, [.text(id)])[0])
            try transaction.run(Self.writeContainer, [.int(token.queueID), .text(id), .interval(odmLease)])
            try transaction.run(Self.adoptDeadline, [.int(token.queueID), .int(run.id)])
            return run
        }
    }

    /// The run of a container; nil when it is not on record.
    public func odmRun(container id: String) async throws -> ODMRun? {
        try await database.run(Self.readRun, [.text(id)]).first.map(ODMRun.init)
    }

    /// Writes down that a container is about to be ended, and why. The first reason stays. Whoever sees the container
    /// may do so: no claim is asked for.
    public func requestKill(container id: String, because reason: KillReason) async throws {
        try await database.run(Self.writeKill, [.text(id), .text(reason.rawValue)])
    }

    /// Writes down that a container is over, or gone, where that was not known yet.
    public func endRun(container id: String, exitCode: Int?) async throws {
        try await database.run(Self.writeEnd, [.text(id), .optional(exitCode)])
    }

    /// The container is over: the slot is free from here on. The lease goes on, and keeps the container on record: what
    /// it made is still to be published by this host.
    public func freeSlot(_ token: LeaseToken, container id: String?, exitCode: Int?) async throws {
        try await database.transaction { transaction in
            try transaction.fence(token)
            if let id { try transaction.run(Self.writeEnd, [.text(id), .optional(exitCode)]) }
            try transaction.run(Self.clearSlot, [.int(token.queueID)])
        }
    }

    /// Says that these containers were seen running just now, and that those which the engine is said to run and does
    /// not know are over.
    /// - Parameters:
    ///   - running: ids of all containers of ours on the engine that run.
    ///   - known: the same of all that there are.
    public func sawContainers(running: [String], known: [String], engine: String) async throws {
        try await database.run(Self.writeSeen, [.text(engine), .array(running), .array(known)])
    }

    private static let readColumns = """
        id, extract(epoch FROM deadline_at) AS deadline,
        extract(epoch FROM deadline_at - clock_timestamp()) AS remaining, kill_reason, host, engine, boot_id
        """

    private static let insertRun = Statement(
        "plan odm run",
        """
        WITH spent AS (
          SELECT coalesce(sum(coalesce(ended_at, seen_at, started_at) - started_at), interval '0') AS time
          FROM v2_odm_runs WHERE queue_id = $1),
        -- Its worker died before it was made.
        never_made AS (
          UPDATE v2_odm_runs SET ended_at = clock_timestamp()
          WHERE queue_id = $1 AND container_id IS NULL AND ended_at IS NULL),
        lease AS (
          UPDATE v2_queue_lease SET container_id = NULL, deadline_at = clock_timestamp() + $7::interval - (SELECT time FROM spent)
          WHERE queue_id = $1 RETURNING dataset_id, gpu_slot, deadline_at)
        INSERT INTO v2_odm_runs (queue_id, dataset_id, attempt, worker, host, engine, boot_id, gpu_slot, deadline_at)
        SELECT $1, dataset_id, $2, $3, $4, $5, $6, gpu_slot, deadline_at FROM lease
        RETURNING \(readColumns)
        """)

    private static let insertOlderRun = Statement(
        "put odm run on record",
        """
        INSERT INTO v2_odm_runs (queue_id, dataset_id, attempt, worker, host, engine, boot_id, container_id, gpu_slot,
          started_at, deadline_at)
        SELECT $1, dataset_id, $2, $3, $4, $5, $6, $7, gpu_slot, claimed_at, to_timestamp($8)
        FROM v2_queue_lease WHERE queue_id = $1
        ON CONFLICT (container_id) DO NOTHING
        """)

    private static let writeRunContainer = Statement(
        "write container of odm run",
        "UPDATE v2_odm_runs SET container_id = $2, started_at = clock_timestamp() WHERE id = $1")

    private static let writeContainer = Statement(
        "write container",
        "UPDATE v2_queue_lease SET container_id = $2, lease_until = now() + $3::interval WHERE queue_id = $1")

    private static let adoptDeadline = Statement(
        "adopt deadline",
        """
        UPDATE v2_queue_lease SET deadline_at = (SELECT deadline_at FROM v2_odm_runs WHERE id = $2) WHERE queue_id = $1
        """)

    private static let readRun = Statement(
        "read odm run", "SELECT \(readColumns) FROM v2_odm_runs WHERE container_id = $1")

    private static let writeKill = Statement(
        "request kill",
        """
        UPDATE v2_odm_runs SET kill_requested_at = clock_timestamp(), kill_reason = $2
        WHERE container_id = $1 AND kill_reason IS NULL AND ended_at IS NULL
        """)

    private static let writeEnd = Statement(
        "end odm run",
        """
        UPDATE v2_odm_runs SET exit_code = $2, ended_at = CASE
          -- Lost with its host: nobody knows when, and the time in which the host was off is not the run's.
          WHEN $2 = 255 THEN coalesce(seen_at, started_at, clock_timestamp()) ELSE clock_timestamp() END
        WHERE container_id = $1 AND ended_at IS NULL
        """)

    private static let clearSlot = Statement(
        "free gpu slot", "UPDATE v2_queue_lease SET gpu_slot = NULL WHERE queue_id = $1")

    // A run that was started less than a minute ago may not have been in the list yet.
    private static let writeSeen = Statement(
        "saw containers",
        """
        UPDATE v2_odm_runs SET
          seen_at = CASE WHEN container_id = ANY ($2::text[]) THEN clock_timestamp() ELSE seen_at END,
          ended_at = CASE WHEN container_id = ANY ($3::text[]) THEN ended_at ELSE coalesce(seen_at, clock_timestamp()) END
        WHERE engine = $1 AND ended_at IS NULL AND container_id IS NOT NULL
          AND (container_id = ANY ($2::text[])
               OR (container_id <> ALL ($3::text[]) AND started_at < clock_timestamp() - interval '1 minute'))
        """)
}
