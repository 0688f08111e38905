import Foundation
import Synchronization

/// What the server has done, for Prometheus.
final class Counters: Sendable {
    private struct Key: Hashable {
        let route: String
        let method: String
        let status: Int
    }
    private struct Sum {
        var count = 0
        var seconds = 0.0
    }

    private let requests = Mutex<[Key: Sum]>([:])
    private let bytes = Atomic(0)
    private let running = Atomic(0)

    func received(bytes count: Int) { bytes.add(count, ordering: .relaxed) }
    func begun() { running.add(1, ordering: .relaxed) }

    /// - Parameter route: the pattern of the path, and not the path: names of strangers make no new series.
    func ended(_ route: String, _ method: String, _ status: Int, _ duration: Duration) {
        running.subtract(1, ordering: .relaxed)
        requests.withLock { requests in
            requests[Key(route: route, method: method, status: status), default: Sum()].count += 1
            requests[Key(route: route, method: method, status: status), default: Sum()].seconds +=
                duration / .seconds(1)
        }
    }

    /// Lines of Prometheus' text format.
    /// Source: https://prometheus.io/docs/instrumenting/exposition_formats/
    func lines() -> [String] {
        let sums = requests.withLock { $0 }.sorted { "\($0.key)" < "\($1.key)" }
        func series(_ name: String, _ value: (Sum) -> String) -> [String] {
            sums.map { key, sum in
                "\(name){route=\"\(key.route)\",method=\"\(key.method)\",status=\"\(key.status)\"} \(value(sum))"
            }
        }
        return ["# HELP deadtrees_http_request_duration_seconds Requests that were answered, and how long that took."]
            + ["# TYPE deadtrees_http_request_duration_seconds summary"]
            + series("deadtrees_http_request_duration_seconds_count") { "\($0.count)" }
            + series("deadtrees_http_request_duration_seconds_sum") { String(format: "%.6f", $0.seconds) }
            + Self.metric(
                "deadtrees_http_requests_running", "gauge", "Requests under way.", running.load(ordering: .relaxed))
            + Self.metric(
                "deadtrees_upload_received_bytes_total", "counter", "Bytes of chunks' requests that have arrived.",
                bytes.load(ordering: .relaxed))
    }

    static func metric(_ name: String, _ type: String, _ help: String, _ value: some CustomStringConvertible)
        -> [String]
    {
        ["# HELP \(name) \(help)", "# TYPE \(name) \(type)", "\(name) \(value)"]
    }
}
