internal import Mosaic

/// How a run comes to a bad end, as ODM tells them apart.
enum Ending: Error {
    /// A program that ODM started failed.
    case child(RunRecord.ChildProcess)
    /// ODM found something wrong with its input: exit 1.
    case input(String)
    /// Nobody caught it: a Python error with its traceback, exit 1. A full disk takes no log.json either.
    case uncaught(String, diskIsFull: Bool)
    /// Nothing more is said or written.
    case gone(Int32)

    static func failed(_ command: String, _ code: Int, _ output: String...) -> Ending {
        .child(RunRecord.ChildProcess(command, exitCode: code, output: output))
    }
}

extension RunLog {
    /// What ODM says of a child's exit code.
    /// Source: ODM's stages/odm_app.py.
    func explain(_ code: Int) {
        switch code {
        case 1, 134, 139:
            error(
                "Uh oh! Processing stopped because of strange values in the reconstruction. This is often a sign that the "
                    + "input data has some issues or the software cannot deal with it. Have you followed best practices "
                    + "for data acquisition? See https://docs.opendronemap.org/flying/")
        case 137:
            error(
                "Whoops! You ran out of memory! Add more RAM to your computer, if you're using docker configure it to use "
                    + "more memory, for WSL2 make use of .wslconfig, resize your images, lower the quality settings or "
                    + "process the images using a cloud provider (e.g. https://webodm.net).")
        case 132:
            error(
                "Oh no! It looks like your CPU is not supported (is it fairly old?). You can still use ODM, but you will "
                    + "need to build your own docker image.")
        case 3:
            error(
                "ODM can't find a program that is required for processing to run! Did you do a custom build of ODM? "
                    + "(cool!) Make sure that all programs required by ODM are in the right place and are built correctly."
            )
        default:
            error(
                "The program exited with a strange error code. Please report it at https://community.opendronemap.org")
        }
    }
}
