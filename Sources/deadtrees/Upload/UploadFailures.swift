import Failures
import Foundation

extension Failure {
    static let sameCommand = "the same command goes on from there"

    static func tokenMissing(isFile: Bool) -> Failure {
        Failure(
            "bad_setting",
            isFile
                ? "--token-file names a file that is empty; write the token into it"
                : "the server wants a token: set DEADTREES_TOKEN, or name a file that holds it with --token-file")
    }

    static func tokenUnreadable() -> Failure {
        Failure("bad_setting", "--token-file names a file that cannot be read as text")
    }

    static func serverAddressInvalid() -> Failure {
        Failure(
            "bad_setting",
            "DEADTREES_SERVER must be an address such as https://api.example.org or http://127.0.0.1:8000")
    }

    static func uploadFileEmpty(_ name: String) -> Failure {
        Failure("upload_file_empty", "\(name) cannot be uploaded: it is empty")
    }

    static func uploadFileChanged(_ name: String) -> Failure {
        Failure(
            "upload_file_changed",
            "\(name) was changed while it was uploaded, so that its chunks would not fit together; wait until nobody writes"
                + " to it, and upload it again")
    }

    static func uploadIsAnother(_ id: String, theirs: Int, ours: Int) -> Failure {
        Failure(
            "upload_is_another",
            "the server's upload \(id) has \(theirs) chunks and this one \(ours): it is of another file or chunk size; give"
                + " another --upload-id, or the --chunk-size of before")
    }

    static func uploadStopped(_ arrived: Int, of count: Int) -> Failure {
        Failure("upload_stopped", "stopped; \(arrived) of \(count) chunks have arrived, and \(sameCommand)")
    }

    static func chunksKeepMissing(_ rounds: Int) -> Failure {
        Failure(
            "upload_incomplete",
            "the server missed chunks that it had taken, \(rounds) times; try again later, and tell its operator",
            retry: .later)
    }

    static func storingTakesLong(_ limit: Duration) -> Failure {
        Failure(
            "upload_not_stored",
            "everything has arrived, but the server is not done with storing it after"
                + " \(Output.duration(limit / .seconds(1))); the same command asks again")
    }

    static func answerUnreadable(_ data: Data) -> Failure {
        Failure(
            "server_answer_unreadable",
            "the server's answer could not be understood; look whether its address is the one of the API",
            detail: String(decoding: data.prefix(200), as: UTF8.self))
    }

    /// The server said no, in its own words.
    static func refused(_ refusal: UploadRefusal) -> Failure {
        let (code, advice, retry): (String, String, Retry) =
            switch refusal.status {
            case 300..<400: ("server_moved", "; give the address that it is really at with --server", .never)
            case 401: ("upload_unauthorized", "; get a new token, then \(sameCommand)", .never)
            case 502, 503, 504: ("server_unavailable", "", .later)
            case 501, 505: ("upload_refused", "; look whether its address is the one of the API", .never)
            case 408, 429, 500...: ("server_error", "", .later)
            // A chunk that was damaged on its way.
            case 400 where !refusal.missing.isEmpty: ("chunk_damaged", "", .later)
            default: ("upload_refused", "", .never)
            }
        return Failure(
            code, "the server refused: \(refusal.sentence)\(advice)", detail: "HTTP \(refusal.status)",
            retry: retry)
    }

    /// The last of several tries: not worth another one.
    static func gaveUp(_ what: String, _ tries: Int, _ last: Failure) -> Failure {
        Failure(last.code, "\(what): \(last.sentence); \(tries) tries in a row failed", detail: last.detail)
    }
}
