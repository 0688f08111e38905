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
    let follow: Bool
    let open: @Sendable (_ after: LogPosition?, _ follow: Bool) async throws -> ResponseBody

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
        private var isFollowing: Bool
        /// What was left of a followed answer, while the rest is asked for.
        private var followed: LogDecoder?

        fileprivate init(source: LogLines) {
            self.source = source
            decoder = LogDecoder(after: source.after)
            isFollowing = source.follow
        }

        public mutating func next() async throws -> LogLine? {
            while ready.isEmpty, !isAtEnd {
                let body = try await openBody()
                let bytes = try await body.next()
                if var followed, body.status != 200 {
                    // The container was removed meanwhile.
                    isAtEnd = true
                    ready = followed.finish().reversed()
                } else if let bytes {
                    try await check(body, firstBytes: bytes)
                    ready = try decoder.feed(bytes).reversed()
                } else {
                    try await check(body, firstBytes: [])
                    try await endBody()
                }
            }
            return ready.popLast()
        }

        private mutating func openBody() async throws -> ResponseBody {
            if let body { return body }
            let opened = try await source.open(source.after, isFollowing)
            body = opened
            return opened
        }

        /// An engine may end a followed answer before a line that came with the container's end, most often one
        /// without a newline: what there is after the last line is asked for once more.
        private mutating func endBody() async throws {
            guard isFollowing else {
                isAtEnd = true
                ready = decoder.finish().reversed()
                return
            }
            isFollowing = false
            followed = decoder
            body = try await source.open(decoder.position, false)
            decoder = LogDecoder(after: decoder.position)
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
