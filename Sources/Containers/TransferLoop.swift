import CLibCurl
import Failures
import Foundation
import Synchronization

/// Drives all transfers of an engine on one thread, with curl's multi interface.
///
/// Other threads leave orders in the inbox and wake the thread; all curl handles stay on it.
final class TransferLoop: Sendable {
    private enum Order {
        case begin(Transfer)
        case resume(Transfer)
        case cancel(Transfer)
    }

    private struct Inbox {
        var orders: [Order] = []
        var isOpen = true
    }

    private let multi: CurlMulti
    private let inbox = Mutex(Inbox())

    /// Starts the thread, which lives until ``shutdown()``.
    init() throws {
        multi = try CurlMulti()
        let thread = Thread { [self] in run() }
        thread.name = "docker-curl"
        thread.start()
    }

    /// Ends every transfer with a failure, and the thread. May be called more than once.
    func shutdown() {
        inbox.withLock { $0.isOpen = false }
        multi.wakeUp()
    }

    /// Starts a transfer. Letting go of the result cancels it.
    func send(_ request: HTTPRequest) -> ResponseBody {
        let transfer = Transfer(request)
        if !leave(.begin(transfer)) {
            transfer.finish(.failure(Failure.engineClosed(request)), status: 0)
        }
        return ResponseBody(transfer: transfer, loop: self)
    }

    /// Lets a transfer go on whose reader was behind.
    func resume(_ transfer: Transfer) { leave(.resume(transfer)) }

    /// Ends a transfer with `CancellationError`, unless it has ended.
    func cancel(_ transfer: Transfer) { leave(.cancel(transfer)) }

    @discardableResult
    private func leave(_ order: Order) -> Bool {
        let isOpen = inbox.withLock { inbox in
            if inbox.isOpen { inbox.orders.append(order) }
            return inbox.isOpen
        }
        multi.wakeUp()
        return isOpen
    }

    // MARK: The thread

    private func run() {
        let running = RunningTransfers(multi: multi)
        while true {
            let (orders, isOpen) = inbox.withLock { inbox in
                defer { inbox.orders = [] }
                return (inbox.orders, inbox.isOpen)
            }
            for order in orders {
                switch order {
                case .begin(let transfer): running.begin(transfer)
                case .resume(let transfer): running.resume(transfer)
                case .cancel(let transfer): running.end(transfer, .failure(CancellationError()))
                }
            }
            guard isOpen else { return running.endAll() }
            running.perform()
            // Woken by data, by a time limit or by an order; the bound only guards against a lost wake-up.
            curl_multi_poll(multi.pointer, nil, 0, 30_000, nil)
        }
    }
}

/// The reading end of a transfer. For one task at a time; a task's cancellation ends the transfer.
final class ResponseBody: Sendable {
    private let transfer: Transfer
    private let loop: TransferLoop

    fileprivate init(transfer: Transfer, loop: TransferLoop) {
        self.transfer = transfer
        self.loop = loop
    }

    deinit {
        loop.cancel(transfer)
    }

    /// The HTTP status; 0 before ``next()`` has returned for the first time.
    var status: Int { transfer.status }

    /// The next piece of the body, nil at its end.
    func next() async throws -> [UInt8]? {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { reader in
                if transfer.read(reader) { loop.resume(transfer) }
            }
        } onCancel: {
            loop.cancel(transfer)
        }
    }
}
