import Failures
import Imagery

// What preflight refuses a set for. Each says what is missing, by how much, and what to do.
extension Failure {
    static func noPositions(_ photos: Int) -> Failure {
        Failure(
            "no_positions",
            "none of \(photos) photos has a GPS position, so the orthophoto cannot be placed on the map; upload the "
                + "photos as the camera wrote them, or add a gcp_list.txt or geo.txt")
    }

    static func severalFlights(_ overlap: SetOverlap) -> Failure {
        let furthest = Int(((overlap.furthest ?? 0) / 1000).rounded())
        return Failure(
            "several_flights",
            "\(overlap.far) of \(overlap.photos) photos lie more than 20 km from the others (up to \(furthest) km), and "
                + "one map of all would be too large; upload each flight as a dataset of its own")
    }

    static func oneSpot(_ photos: Int) -> Failure {
        Failure(
            "one_spot",
            "all \(photos) photos were taken at one spot; a map needs photos from different places that overlap by 70 %"
        )
    }

    static func tooLittleOverlap(_ overlap: SetOverlap) -> Failure {
        let joined = overlap.known - overlap.alone
        let count =
            joined == 0
            ? "none of \(overlap.photos) photos overlaps" : "only \(joined) of \(overlap.photos) photos overlap"
        let metres: (Double?) -> String = { String(Int(($0 ?? 0).rounded())) }
        return Failure(
            "too_little_overlap",
            "\(count) another by at least 30 %: they were taken about \(metres(overlap.spacing)) m apart, from "
                + "\(metres(overlap.height)) m height, where a photo shows \(metres(overlap.width)) by "
                + "\(metres(overlap.depth)) m of ground; upload all photos of the flight, or fly with 70 % overlap")
    }

    static func memoryTooSmall(_ photos: Int, least: Int, memory: Int64, unplaced: Int) -> Failure {
        Failure(
            "memory_too_small",
            "ODM needs at least \(Gigabytes.memory(least)) of memory for these \(photos) photos and has "
                + "\(Gigabytes.memory(Int(memory))); "
                + (unplaced > 0
                    ? "it could work on them in parts if the \(unplaced) without a GPS position had one; leave those out, "
                        + "or upload fewer photos"
                    : "upload fewer or smaller photos"))
    }

    static func diskTooSmall(needed: Int, free: Int64, detail: String) -> Failure {
        Failure(
            "disk_too_small",
            "the photos need about \(Gigabytes.text(needed)) of scratch space, \(Gigabytes.text(Int(free))) are free on "
                + "this host; it is tried again later",
            detail: detail, retry: .later)
    }

    static func tooManyFilesForDisk(needed: Int, free: Int64, detail: String) -> Failure {
        Failure(
            "files_too_many",
            "the photos need about \(needed) files of scratch space, this host's disk has room for \(free) more; it is "
                + "tried again later",
            detail: detail, retry: .later)
    }
}
