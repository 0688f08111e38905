import Dispatch
import Failures
import Synchronization

/// Threads that do the same to many items, each with a tool of its own: what libzip opens is for one thread at a time.
struct Crew<Tool> {
    /// One a thread.
    let tools: [Tool]

    /// What `work` makes of the items, in their order. They are begun in that order too.
    ///
    /// `work` runs on several threads at once: what it changes besides its tool needs a lock. Of failures the one of the
    /// first item that fails is thrown, whichever thread finds one first: what comes before that item is finished, what
    /// comes after it is not begun, or stops at its next `Turn.check`.
    func map<Item, Output: Sendable>(
        _ items: [Item], _ work: (Tool, Item, Turn<Output>) throws(Failure) -> Output
    ) throws(Failure) -> [Output] {
        let list = WorkList<Output>(count: items.count)
        withoutActuallyEscaping(work) { work in
            // The compiler cannot see that a tool stays with its thread, and that all threads end in here.
            nonisolated(unsafe) let (tools, items, work) = (tools, items, work)
            // The calling thread is one of them.
            DispatchQueue.concurrentPerform(iterations: min(tools.count, items.count)) { thread in
                while let index = list.next() {
                    do throws(Failure) {
                        list.finish(index, try work(tools[thread], items[index], Turn(index: index, list: list)))
                    } catch {
                        list.fail(index, error)
                    }
                }
            }
        }
        return try list.outputs()
    }
}

/// One item's place in the work of a crew.
struct Turn<Output: Sendable> {
    fileprivate let index: Int
    fileprivate let list: WorkList<Output>

    /// Throws the failure of an earlier item, once there is one: nobody needs this item then.
    func check() throws(Failure) { if let failure = list.failure(before: index) { throw failure } }
}

/// Which items are begun, and what came of them.
private final class WorkList<Output: Sendable>: Sendable {
    private struct State: Sendable {
        var begun = 0
        var outputs: [Output?]
        var failed: (index: Int, failure: Failure)?
    }
    private let state: Mutex<State>

    init(count: Int) { state = Mutex(State(outputs: Array(repeating: nil, count: count))) }

    func next() -> Int? {
        state.withLock { state in
            guard state.failed == nil, state.begun < state.outputs.count else { return nil }
            defer { state.begun += 1 }
            return state.begun
        }
    }

    func finish(_ index: Int, _ output: Output) { state.withLock { $0.outputs[index] = output } }

    func fail(_ index: Int, _ failure: Failure) {
        state.withLock { state in
            if index < state.failed?.index ?? .max { state.failed = (index, failure) }
        }
    }

    func failure(before index: Int) -> Failure? {
        state.withLock { state in state.failed.flatMap { $0.index < index ? $0.failure : nil } }
    }

    /// All of them, for without a failure none is left.
    func outputs() throws(Failure) -> [Output] {
        let (outputs, failed) = state.withLock { ($0.outputs, $0.failed) }
        if let failed { throw failed.failure }
        return outputs.compactMap { $0 }
    }
}
