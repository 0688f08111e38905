import Failures

extension Failure {
    static func photoUnreadable(_ name: String, detail: String) -> Failure {
        Failure("photo_unreadable", "could not read the photo \(name)", detail: detail, retry: .later)
    }

    static func photoNotRecognised(_ name: String) -> Failure {
        Failure("photo_not_recognised", "\(name) is neither a JPEG, TIFF, DNG nor PNG image")
    }
}
