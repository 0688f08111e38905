/// Why somebody of ours ended an ODM container. On record in `v2_odm_runs.kill_reason` before the container is asked
/// to end, so that whoever concludes the run knows, whatever exit code the container makes of it.
public enum KillReason: String, Codable, Sendable {
    /// Its time was up.
    case deadline
    /// The disk that it writes to was about to be full.
    case disk
    /// It neither printed nor computed for hours.
    case stalled
    /// Somebody asked for it, or deleted its row.
    case canceled
    /// Its attempt is over; nobody waits for it.
    case stale
}
