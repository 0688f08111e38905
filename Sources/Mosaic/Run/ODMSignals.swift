internal import Foundation

/// What ODM makes of the request to end: a line, exit code 1, and no log.json.
public enum ODMSignals {
    /// From now on SIGTERM and SIGINT end this process in that way.
    public static func install() {
        var numbers = sigset_t()
        sigemptyset(&numbers)
        for number in [SIGTERM, SIGINT] {
            sigaddset(&numbers, number)
            // Only calls that are safe inside a signal handler.
            signal(number) { _ in
                let words: StaticString = "[WARNING] Caught TERM/INT signal, attempting to exit gracefully...\n"
                write(STDOUT_FILENO, words.utf8Start, words.utf8CodeUnitCount)
                _exit(1)
            }
        }
        // Whoever started us may have blocked them, and a program inherits that.
        sigprocmask(SIG_UNBLOCK, &numbers, nil)
    }
}
