import DB
import Foundation
import Imagery

/// The files of one ODM run, on the host. `root` is what the container sees as `/project`.
struct ODMProject: Sendable {
    let root: String
    let path: String

    init(scratch: String, datasetID: Int64) {
        root = "\(scratch)/odm"
        path = "\(root)/\(datasetID)"
    }

    var orthophoto: String { "\(path)/odm_orthophoto/odm_orthophoto.tif" }
    /// What was found out about the photos, for whoever takes the run up again.
    var facts: String { "\(root)/photos.json" }

    /// What was started, and how.
    var launch: String { "\(root)/launch.json" }
    /// All that the container has printed.
    var log: String { "\(root)/odm.log" }

    /// That the run is over and how, for whoever has to finish what it was for.
    var end: String { "\(root)/end.json" }

    /// What ODM itself says of the run; nil where there is nothing that can be read.
    var runLog: ODMRunLog? { ODMRunLog(at: "\(path)/log.json") }
}

extension ScratchFolder {
    /// The dataset's orthophoto as ODM or the uploader made it.
    func originalOrtho(_ datasetID: Int64) -> String { file("\(datasetID)_original.tif") }
    /// The same, standardised: what all later stages read.
    func standardOrtho(_ datasetID: Int64) -> String { file("\(datasetID)_ortho.tif") }
    func cog(_ datasetID: Int64) -> String { file("\(datasetID)_cog.tif") }
    func thumbnail(_ datasetID: Int64) -> String { file("\(datasetID)_thumbnail.jpg") }
    func preview(_ datasetID: Int64) -> String { file("\(datasetID)_preview.jpg") }
}

extension UnpackPhotos.Output: ScratchNote {
    var record: RawImagesRecord {
        RawImagesRecord(
            imageCount: photos + leftOut, bytes: bytes, hasRTK: rtk != nil, rtkPrecision: rtk?.precision,
            rtkQuality: rtk?.quality, rtkFileCount: rtk?.fileCount ?? 0, cameraMetadata: cameraMetadata,
            acquired: acquired.map { .init(year: $0.year, month: $0.month, day: $0.day) })
    }
}
