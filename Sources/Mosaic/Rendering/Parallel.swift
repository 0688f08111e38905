internal import Dispatch
internal import Synchronization

/// Work on several cores at once.
enum Parallel {
    /// The results of `body` for every element, in the elements' order.
    static func map<Element: Sendable, Result: Sendable>(
        _ elements: [Element], threads: Int, _ body: @Sendable (Element) -> Result
    ) -> [Result] {
        let results = Mutex<[Int: Result]>([:])
        let next = Atomic<Int>(0)
        DispatchQueue.concurrentPerform(iterations: max(1, min(threads, elements.count))) { _ in
            while true {
                let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
                guard index < elements.count else { return }
                let result = body(elements[index])
                results.withLock { $0[index] = result }
            }
        }
        return results.withLock { done in elements.indices.compactMap { done[$0] } }
    }
}
