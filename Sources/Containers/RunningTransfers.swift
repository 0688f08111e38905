import CLibCurl
import Failures

/// The transfers that curl works on. Only the thread of the ``TransferLoop`` touches it.
final class RunningTransfers {
    private final class Running {
        let transfer: Transfer
        let easy: CurlEasy

        init(_ transfer: Transfer) throws {
            self.transfer = transfer
            easy = try CurlEasy(transfer.request)
        }
    }

    private let multi: CurlMulti
    private var byTransfer: [ObjectIdentifier: Running] = [:]
    private var byHandle: [UnsafeMutableRawPointer: Running] = [:]

    init(multi: CurlMulti) {
        self.multi = multi
    }

    func begin(_ transfer: Transfer) {
        do {
            let running = try Running(transfer)
            // Unretained: the dictionaries keep it until curl has let go of the handle.
            try running.easy.onData(Self.receive, context: Unmanaged.passUnretained(running).toOpaque())
            let code = curl_multi_add_handle(multi.pointer, running.easy.pointer)
            guard code == CURLM_OK else { throw Failure.curlUnusable(String(cString: curl_multi_strerror(code))) }
            byTransfer[ObjectIdentifier(transfer)] = running
            byHandle[running.easy.pointer] = running
        } catch {
            transfer.finish(.failure(error), status: 0)
        }
    }

    func resume(_ transfer: Transfer) {
        guard let running = byTransfer[ObjectIdentifier(transfer)] else { return }
        curl_easy_pause(running.easy.pointer, CURLPAUSE_CONT)
    }

    func end(_ transfer: Transfer, _ end: Result<Void, any Error>) {
        guard let running = byTransfer.removeValue(forKey: ObjectIdentifier(transfer)) else { return }
        byHandle[running.easy.pointer] = nil
        curl_multi_remove_handle(multi.pointer, running.easy.pointer)
        transfer.finish(end, status: running.easy.status)
    }

    func endAll() {
        for running in Array(byTransfer.values) {
            end(running.transfer, .failure(Failure.engineClosed(running.transfer.request)))
        }
    }

    /// Moves all transfers on as far as they go without waiting.
    func perform() {
        var count: Int32 = 0
        curl_multi_perform(multi.pointer, &count)
        while let message = curl_multi_info_read(multi.pointer, &count) {
            guard message.pointee.msg == CURLMSG_DONE, let running = byHandle[message.pointee.easy_handle] else {
                continue
            }
            let code = message.pointee.data.result
            end(
                running.transfer,
                code == CURLE_OK ? .success(()) : .failure(Self.failure(code, running.transfer.request)))
        }
    }

    private static func failure(_ code: CURLcode, _ request: HTTPRequest) -> Failure {
        switch (code, request.limit) {
        case (CURLE_OPERATION_TIMEDOUT, let limit?): .dockerSilent(request, limit: limit)
        default: .dockerUnreachable(request, reason: String(cString: curl_easy_strerror(code)))
        }
    }

    private static let receive: curlshim_write_callback = { bytes, size, count, context in
        guard let context else { return 0 }
        let running = Unmanaged<Running>.fromOpaque(context).takeUnretainedValue()
        let piece = UnsafeRawBufferPointer(start: bytes, count: size * count)
        return running.transfer.receive(piece, status: running.easy.status) ? piece.count : Int(CURL_WRITEFUNC_PAUSE)
    }
}
