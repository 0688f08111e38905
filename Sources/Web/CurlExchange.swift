import CLibCurl
import Execution
import Failures

/// The one-time start of libcurl, before any thread uses it; another module may have started it too.
/// Source: https://curl.se/libcurl/c/curl_global_init.html
private let libraryIsReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

/// Owns libcurl's handles for one exchange. Lives and dies on the thread that makes it.
final class CurlExchange {
    private let request: WebRequest
    private let easy: UnsafeMutableRawPointer
    /// For a single transfer too: unlike `curl_easy_perform` it lets us look ten times a second, whatever it waits for.
    private let multi: UnsafeMutableRawPointer
    private var headers: UnsafeMutablePointer<curl_slist>?
    /// Where libcurl writes what went wrong.
    private let reason = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
    private let body: RequestBody?
    private let answer: ReceivedAnswer

    init(_ request: WebRequest) throws {
        guard libraryIsReady, let easy = curl_easy_init() else { throw Failure.curlUnusable() }
        guard let multi = curl_multi_init() else {
            curl_easy_cleanup(easy)
            throw Failure.curlUnusable()
        }
        (self.request, self.easy, self.multi) = (request, easy, multi)
        body = RequestBody(request.body)
        answer = ReceivedAnswer(limit: request.limits.bodyBytes)
        reason.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        try setAddress()
        try setHeaders()
        try setBody()
        try setAnswer()
    }

    deinit {
        curl_multi_remove_handle(multi, easy)
        curl_easy_cleanup(easy)
        curl_multi_cleanup(multi)
        curl_slist_free_all(headers)
        reason.deallocate()
    }

    /// Makes the exchange.
    func run(_ interruption: Interruption, onSent: (Int64) -> Void) throws -> WebResponse {
        try check(curl_multi_add_handle(multi, easy))
        var watch = StallWatch(request)
        var running: Int32 = 1
        var sent: Int64 = 0
        while true {
            try check(curl_multi_perform(multi, &running))
            let sentNow = bytes(CURLINFO_SIZE_UPLOAD_T)
            if sentNow > sent { onSent(sentNow) }
            sent = sentNow
            guard running > 0 else { break }
            try interruption.check()
            try watch.look(
                moved: sent + bytes(CURLINFO_SIZE_DOWNLOAD_T),
                isWaiting: sent >= (body?.count ?? 0) && !answer.hasBegun)
            try check(curl_multi_poll(multi, nil, 0, 100, nil))
        }
        return try outcome()
    }

    private func outcome() throws -> WebResponse {
        var left: Int32 = 0
        guard let message = curl_multi_info_read(multi, &left), message.pointee.msg == CURLMSG_DONE else {
            throw Failure.curlUnusable("the transfer ended without a result")
        }
        let code = message.pointee.data.result
        if let failure = body?.failure { throw failure }
        if answer.isTooLong { throw Failure.answerTooLong(request) }
        guard code == CURLE_OK else {
            let words = String(cString: reason)
            throw Failure.transfer(request, code, words.isEmpty ? String(cString: curl_easy_strerror(code)) : words)
        }
        var status = 0
        curlshim_getinfo_long(easy, CURLINFO_RESPONSE_CODE, &status)
        return answer.response(status: status)
    }

    private func bytes(_ info: CURLINFO) -> Int64 {
        var value: curl_off_t = 0
        curlshim_getinfo_off(easy, info, &value)
        return Int64(value)
    }

    // MARK: Options

    private func setAddress() throws {
        try check(curlshim_setopt_pointer(easy, CURLOPT_ERRORBUFFER, reason))
        try set(CURLOPT_PROTOCOLS_STR, "http,https")
        try set(CURLOPT_URL, request.address)
        try set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
        // A stream of HTTP/2 is a window of 64 KiB with many servers, which makes a long way a slow one.
        try set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        try set(CURLOPT_NOSIGNAL, 1)
        try check(curlshim_setopt_close_on_exec(easy))
        try set(CURLOPT_CONNECTTIMEOUT_MS, max(1, Int(request.limits.connect / .milliseconds(1))))
        // A name server that does not answer must not hold up who has given up.
        try set(CURLOPT_QUICK_EXIT, 1)
        // For a server that thinks for minutes: a path that has gone is noticed, and one that is idle is kept.
        try set(CURLOPT_TCP_KEEPALIVE, 1)
        try set(CURLOPT_TCP_KEEPIDLE, 30)
        try set(CURLOPT_TCP_KEEPINTVL, 15)
    }

    private func setHeaders() throws {
        var lines = request.headers.map { "\($0.name): \($0.value)" }
        if let body { lines.append("Content-Type: \(body.type)") }
        for line in lines {
            guard line.utf8.allSatisfy({ $0 >= 32 && $0 != 127 }) else { throw Failure.headerInvalid(request) }
            guard let longer = curl_slist_append(headers, line) else { throw Failure.curlUnusable() }
            headers = longer
        }
        try check(curlshim_setopt_pointer(easy, CURLOPT_HTTPHEADER, headers))
    }

    private func setBody() throws {
        guard let body else { return }
        try set(CURLOPT_POST, 1)
        try check(curlshim_setopt_off(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count)))
        try set(CURLOPT_UPLOAD_BUFFERSIZE, 128 << 10)
        // Who refuses a large body may say so before it is sent; who does not know the question costs us little.
        try set(CURLOPT_EXPECT_100_TIMEOUT_MS, 500)
        try check(
            curlshim_setopt_read(
                easy,
                { buffer, size, count, context in
                    guard let context, let buffer else { return Int(CURL_READFUNC_ABORT) }
                    let body = Unmanaged<RequestBody>.fromOpaque(context).takeUnretainedValue()
                    return body.read(into: UnsafeMutableRawBufferPointer(start: buffer, count: size * count))
                        ?? Int(CURL_READFUNC_ABORT)
                },
                { context, offset, origin in
                    guard let context, origin == SEEK_SET else { return CURL_SEEKFUNC_CANTSEEK }
                    let body = Unmanaged<RequestBody>.fromOpaque(context).takeUnretainedValue()
                    return body.seek(to: Int64(offset)) ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL
                }, Unmanaged.passUnretained(body).toOpaque()))
    }

    private func setAnswer() throws {
        let context = Unmanaged.passUnretained(answer).toOpaque()
        try check(
            curlshim_setopt_header(
                easy,
                { bytes, size, count, context in
                    guard let context else { return 0 }
                    let answer = Unmanaged<ReceivedAnswer>.fromOpaque(context).takeUnretainedValue()
                    answer.takeHeader(UnsafeRawBufferPointer(start: bytes, count: size * count))
                    return size * count
                }, context))
        try check(
            curlshim_setopt_write(
                easy,
                { bytes, size, count, context in
                    guard let context else { return 0 }
                    let answer = Unmanaged<ReceivedAnswer>.fromOpaque(context).takeUnretainedValue()
                    // Any other number than that of the bytes ends the transfer.
                    return answer.takeBody(UnsafeRawBufferPointer(start: bytes, count: size * count))
                        ? size * count : -1
                }, context))
    }

    private func set(_ option: CURLoption, _ value: String) throws {
        try check(curlshim_setopt_string(easy, option, value))
    }

    private func set(_ option: CURLoption, _ value: Int) throws {
        try check(curlshim_setopt_long(easy, option, value))
    }

    private func check(_ code: CURLcode) throws {
        guard code == CURLE_OK else { throw Failure.curlUnusable(String(cString: curl_easy_strerror(code))) }
    }

    private func check(_ code: CURLMcode) throws {
        guard code == CURLM_OK else { throw Failure.curlUnusable(String(cString: curl_multi_strerror(code))) }
    }
}
