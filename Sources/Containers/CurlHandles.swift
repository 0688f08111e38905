import CLibCurl
import Failures

/// The one-time start of libcurl; its own documentation asks for it before any thread uses the library.
/// Source: https://curl.se/libcurl/c/curl_global_init.html
private let libraryIsReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

/// Owns a curl multi handle: the set of transfers that one thread drives.
///
/// `@unchecked Sendable`: libcurl allows `curl_multi_wakeup` from any thread, and everything else happens on the
/// thread of the ``TransferLoop`` that owns this object.
/// Source: https://curl.se/libcurl/c/curl_multi_wakeup.html
final class CurlMulti: @unchecked Sendable {
    let pointer: UnsafeMutableRawPointer

    init() throws {
        guard libraryIsReady, let pointer = curl_multi_init() else { throw Failure.curlUnusable() }
        self.pointer = pointer
    }

    deinit {
        curl_multi_cleanup(pointer)
    }

    func wakeUp() {
        curl_multi_wakeup(pointer)
    }
}

/// Owns a curl easy handle, set up for one request, and the header list that it borrows.
/// Lives and dies on the thread of its ``TransferLoop``.
final class CurlEasy {
    let pointer: UnsafeMutableRawPointer
    private var headers: UnsafeMutablePointer<curl_slist>?

    init(_ request: HTTPRequest) throws {
        guard let pointer = curl_easy_init() else { throw Failure.curlUnusable() }
        self.pointer = pointer
        try setAddress(request)
        try setMethod(request)
        try setLimits(request)
    }

    deinit {
        curl_easy_cleanup(pointer)
        curl_slist_free_all(headers)
    }

    /// The HTTP status, 0 before the headers have arrived.
    var status: Int {
        var value = 0
        curlshim_getinfo_long(pointer, CURLINFO_RESPONSE_CODE, &value)
        return value
    }

    /// Calls `callback` on the loop's thread for each piece of the body, with `context`, which must outlive the handle.
    func onData(_ callback: @escaping curlshim_write_callback, context: UnsafeMutableRawPointer) throws {
        try check(curlshim_setopt_write(pointer, callback, context))
    }

    private func setAddress(_ request: HTTPRequest) throws {
        try set(CURLOPT_URL, request.endpoint.baseURL + request.path)
        if let socket = request.endpoint.socketPath {
            try set(CURLOPT_UNIX_SOCKET_PATH, socket)
        }
        // Proxies of the environment are for the internet.
        try set(CURLOPT_NOPROXY, "*")
        try check(curlshim_setopt_close_on_exec(pointer))
    }

    private func setMethod(_ request: HTTPRequest) throws {
        try set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
        guard request.method == .post else { return }
        // "Expect: 100-continue" would cost a second with servers that do not answer it.
        for header in ["Content-Type: application/json", "Expect:"] {
            guard let longer = curl_slist_append(headers, header) else { throw Failure.curlUnusable() }
            headers = longer
        }
        try check(curlshim_setopt_pointer(pointer, CURLOPT_HTTPHEADER, headers))
        // The size first: COPYPOSTFIELDS copies as many bytes as it says.
        try check(curlshim_setopt_off(pointer, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(request.body.count)))
        try request.body.withUnsafeBufferPointer { bytes in
            // An empty array may have no address, and without fields curl would read the body from standard input.
            guard let address = bytes.baseAddress, !bytes.isEmpty else { return try set(CURLOPT_COPYPOSTFIELDS, "") }
            try check(
                curlshim_setopt_pointer(pointer, CURLOPT_COPYPOSTFIELDS, UnsafeMutableRawPointer(mutating: address)))
        }
    }

    private func setLimits(_ request: HTTPRequest) throws {
        try set(CURLOPT_NOSIGNAL, 1)
        try set(CURLOPT_CONNECTTIMEOUT_MS, 10_000)
        try set(CURLOPT_TIMEOUT_MS, request.limit.map { max(1, Int($0 / .milliseconds(1))) } ?? 0)
        try set(CURLOPT_TCP_KEEPALIVE, 1)
    }

    private func set(_ option: CURLoption, _ value: String) throws {
        try check(curlshim_setopt_string(pointer, option, value))
    }

    private func set(_ option: CURLoption, _ value: Int) throws {
        try check(curlshim_setopt_long(pointer, option, value))
    }

    private func check(_ code: CURLcode) throws {
        guard code == CURLE_OK else { throw Failure.curlUnusable(String(cString: curl_easy_strerror(code))) }
    }
}
