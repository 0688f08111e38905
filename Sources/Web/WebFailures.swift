import CLibCurl
import Failures
import Glibc

extension Failure {
    static func curlUnusable(_ reason: String = "out of memory") -> Failure {
        Failure("curl_unusable", "libcurl could not be set up: \(reason)", retry: .later)
    }

    /// Why a transfer did not end with an answer.
    static func transfer(_ request: WebRequest, _ code: CURLcode, _ reason: String) -> Failure {
        let server = request.server
        switch code {
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL:
            return Failure(
                "web_request_invalid",
                "the address of the server \"\(server)\" cannot be used: write it as https://name or https://name:port",
                detail: reason)
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR:
            return Failure(
                "web_untrusted",
                "the server \(server) could not prove that it is the one: its certificate is not trusted here; look at the"
                    + " address, and at this host's certificates and clock", detail: reason)
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_CONNECT, CURLE_OPERATION_TIMEDOUT:
            return Failure(
                "web_unreachable", "the server \(server) cannot be reached; look at the address and at the network",
                detail: reason, retry: .later)
        default:
            return Failure(
                "web_broken", "the connection to the server \(server) broke before its answer was here", detail: reason,
                retry: .later)
        }
    }

    static func silent(_ request: WebRequest, _ limit: Duration) -> Failure {
        Failure(
            "web_silent",
            "the server \(request.server) neither took nor sent what it should within \(limit.components.seconds) s",
            retry: .later)
    }

    static func headerInvalid(_ request: WebRequest) -> Failure {
        Failure(
            "web_request_invalid",
            "a header for the server \(request.server) contains a line break or another control character, which no"
                + " header may")
    }

    static func answerTooLong(_ request: WebRequest) -> Failure {
        Failure(
            "web_answer_too_long",
            "the server \(request.server) answered with more than the \(request.limits.bodyBytes) bytes that are expected"
        )
    }

    static func fileUnreadable(_ number: Int32) -> Failure {
        Failure(
            "web_file_unreadable", "the file that should be sent cannot be read: \(String(cString: strerror(number)))",
            retry: number == EIO ? .later : .never)
    }

    static func fileTooShort() -> Failure {
        Failure("web_file_too_short", "the file that should be sent has become shorter meanwhile; send it again")
    }
}
