internal import Dispatch
internal import Synchronization

/// Rows of a picture made on several cores at once.
enum Strips {
    /// Cuts `rows` into strips, makes each with `body` and joins them in order. The result does not depend on
    /// the number of cores.
    static func map<Element: Sendable>(
        rows: Int, _ body: @Sendable (Range<Int>) -> [Element]
    ) -> [Element] {
        let height = 32
        let count = (rows + height - 1) / height
        let strips = Mutex<[[Element]]>(Array(repeating: [], count: count))
        DispatchQueue.concurrentPerform(iterations: count) { index in
            let strip = body(index * height..<min(rows, (index + 1) * height))
            strips.withLock { $0[index] = strip }
        }
        return strips.withLock { $0.flatMap { $0 } }
    }
}
