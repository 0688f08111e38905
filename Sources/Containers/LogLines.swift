import Failures

/// The lines of a container's output, as they come. Reading slowly slows the engine down, not the memory up.
///
/// Ends when the container has ended, or, without `follow`, after what there is. Throws ``Failure``
/// `docker_unreachable` when the engine goes away meanwhile: go on from the last line's position.
/// Cancelling the reading task ends the connection.
public struct LogLines: AsyncSequence, Sendable {
    public typealias Element = LogLine

    let id: String
    let after: LogPosition?
    let open: @Sendable () async throws -> ResponseBody

    public func makeAsyncIterator() -> Iterator {
        Iterator(source: self)
    }

    public struct Iterator: AsyncIteratorProtocol {
        private let source: LogLines
        private var body: ResponseBody?
        private var decoder: LogDecoder
        /// Decoded and not handed out yet, the next line last.
        private var ready: [LogLine] = []
        private var isAtEnd = false

        fileprivate init(source: LogLines) {
            self.source = source
            decoder = LogDecoder(after: source.after)
        }

        public mutating func next() async throws -> LogLine? {
            while ready.isEmpty, !isAtEnd {
                let body = try await openBody()
                if let bytes = try await body.next() {
                    try await check(body, firstBytes: bytes)
                    ready = try decoder.feed(bytes).reversed()
                } else {
                    try await check(body, firstBytes: [])
                    isAtEnd = true
                    ready = decoder.finish().reversed()
                }
            }
            return ready.popLast()
        }

        private mutating func openBody() async throws -> ResponseBody {
            if let body { return body }
            let opened = try await source.open()
            body = opened
            return opened
        }

        /// An answer other than 200 is a message in JSON, not output.
        private func check(_ body: ResponseBody, firstBytes: [UInt8]) async throws {
            guard body.status != 200 else { return }
            var bytes = firstBytes
            while let more = try await body.next() { bytes += more }
            let answer = HTTPAnswer(status: body.status, body: bytes)
            switch answer.status {
            case 404, 409: throw Failures.Failure.containerGone(source.id)
            case 501: throw Failures.Failure.logsUnavailable(source.id, message: answer.message)
            default: throw answer.refusal("read the container's output")
            }
        }
    }
}
