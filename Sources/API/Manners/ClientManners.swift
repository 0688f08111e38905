import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Invites clients that ask before they send, and closes connections whose client takes a place and does nothing with it: no
/// whole head of a request in time, or a body that trickles.
///
/// Only time that we spent waiting for the client counts: while the disk is slow, nothing is read, and that is not the
/// client's fault.
final class ClientManners: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// How long a connection may wait for a request's head, and over what time a body's speed is judged.
    private let patience: TimeAmount
    /// Bytes of a body that have to come within `patience`.
    private let leastBytes: Int

    private enum State { case waitingForHead, readingBody, answering }
    private var state = State.waitingForHead
    /// The answer may end before the request does.
    private var isAnswered = false
    private var isReadWanted = false
    private var bytes = 0
    private var check: Scheduled<Void>?

    init(patience: TimeAmount = .seconds(60), leastBytes: Int = 60 << 10) {
        self.patience = patience
        self.leastBytes = leastBytes
    }

    func channelActive(context: ChannelHandlerContext) {
        wait(context)
        context.fireChannelActive()
    }

    func handlerAdded(context: ChannelHandlerContext) {
        // Chunks come fast: each read of the socket costs two changes of thread, however much it brings.
        let allocator = AdaptiveRecvByteBufferAllocator(minimum: 2048, initial: 16 << 10, maximum: 256 << 10)
        context.channel.setOption(.recvAllocator, value: allocator).whenFailure { _ in }
        if context.channel.isActive { wait(context) }
    }

    func handlerRemoved(context: ChannelHandlerContext) { check?.cancel() }

    func channelInactive(context: ChannelHandlerContext) {
        check?.cancel()
        context.fireChannelInactive()
    }

    func read(context: ChannelHandlerContext) {
        isReadWanted = true
        context.read()
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isReadWanted = false
        context.fireChannelReadComplete()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            isAnswered = false
            become(.readingBody, context)
            if head.headerFields[.expect]?.lowercased() == "100-continue" { invite(context) }
        case .body(let buffer): bytes += buffer.readableBytes
        case .end: become(isAnswered ? .waitingForHead : .answering, context)
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data) {
            isAnswered = true
            if state == .answering { become(.waitingForHead, context) }
        }
        context.write(data, promise: promise)
    }

    /// Clients that ask before they send a large body wait a second for this.
    /// Source: https://www.rfc-editor.org/rfc/rfc9110.html#name-expect
    private func invite(_ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
    }

    private func become(_ new: State, _ context: ChannelHandlerContext) {
        state = new
        bytes = 0
        check?.cancel()
        if new != .answering { wait(context) }
    }

    private func wait(_ context: ChannelHandlerContext) {
        check?.cancel()
        check = context.eventLoop.assumeIsolated().scheduleTask(in: patience) { self.look(context) }
    }

    private func look(_ context: ChannelHandlerContext) {
        // Who has its answer already has had time to end its request.
        let isDone = state == .readingBody && isAnswered
        let isTooSlow = isDone || isReadWanted && (state == .waitingForHead || bytes < leastBytes)
        bytes = 0
        if isTooSlow { context.close(promise: nil) } else { wait(context) }
    }
}
