internal import Failures

extension Failure {
    /// The command line is not one that ODM would take. `sentence` is argparse's own wording.
    static func commandLine(_ sentence: String) -> Failure {
        Failure("usage", sentence)
    }

    static func projectMissing(_ path: String) -> Failure {
        Failure("project_missing", "Directory \(path) does not exist")
    }

    static func noImagesFolder(_ path: String, projectPath: String) -> Failure {
        Failure(
            "no_images",
            "There are no images in \(path)! Make sure that your project path and dataset name is correct. "
                + "The current is set to: \(projectPath)")
    }

    static func tooFewImages(_ path: String) -> Failure {
        Failure("too_few_images", "Not enough supported images in \(path)")
    }

    /// ODM's own sentence for sets that cannot be put together, so that whoever reads its log understands ours.
    static func cannotProcess(_ reason: String) -> Failure {
        Failure(
            "cannot_process",
            "The program could not process this dataset using the current settings. "
                + "Check that the images have enough overlap (\(reason))")
    }

    static func photoUnreadable(_ name: String, _ cause: Failure) -> Failure {
        Failure("photo_unreadable", "reading \(name): \(cause.sentence)", detail: cause.detail)
    }

    static func cannotWrite(_ name: String, _ reason: String) -> Failure {
        Failure("cannot_write", "writing \(name) failed: \(reason)", retry: .later)
    }

    static var photoNotEightBit: Failure {
        Failure("photo_not_eight_bit", "the photo has more than 8 bits a channel, which a preview does not read")
    }
}
