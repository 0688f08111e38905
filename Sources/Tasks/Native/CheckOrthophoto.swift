import Failures
import Foundation
public import NativeChild
public import Raster

/// Makes sure that what ODM left behind is an orthophoto: there, whole, on the earth, and not empty.
///
/// - Throws: `odm_no_orthophoto`, `odm_broken_orthophoto`, `odm_no_crs`, `odm_empty_orthophoto`.
public struct CheckOrthophoto: NativeWork {
    public static let name = "check orthophoto"
    /// `odm_orthophoto.tif`.
    let path: String

    public func run(progress: @escaping (Double) -> Void) throws -> OrthophotoCheck {
        guard let file = PlainFile(path), file.size > 0 else { throw Failure.noOrthophoto(leftBehind) }
        defer { progress(1) }
        do {
            return try Orthophoto.check(path)
        } catch let failure as Failure {
            throw Failure.unusableOrthophoto(failure)
        }
    }

    /// ODM crops the whole raster under this name into the one that counts. Alone it may be half written.
    private var leftBehind: String? {
        let original = path.replacing(/\.tif$/, with: ".original.tif")
        return PlainFile(original).map { "only odm_orthophoto.original.tif is there, \($0.size) bytes" }
    }
}

extension Failure {
    /// What is wrong with the file, as the end of an ODM run.
    static func unusableOrthophoto(_ found: Failure) -> Failure {
        switch found.code {
        case "raster_missing": return .noOrthophoto(found.description)
        case "raster_without_crs", "raster_without_position", "raster_not_georeferenced", "raster_local_crs",
            "raster_off_earth", "raster_rpc_only", "raster_too_few_control_points":
            return Failure(
                "odm_no_crs",
                "ODM's orthophoto has no place on the earth: the photos carry no positions that ODM could use",
                detail: found.description)
        case "raster_empty", "raster_hollow":
            return Failure(
                "odm_empty_orthophoto", "ODM's orthophoto is empty: nothing could be made of the photos",
                detail: found.description)
        case "raster_too_large", "raster_block_too_large", "raster_too_many_blocks", "raster_too_many_bands",
            "raster_type_unsupported":
            // Whole, and of a kind that another run would make again.
            return Failure(
                "odm_broken_orthophoto", "ODM's orthophoto cannot be used: \(found.sentence)", detail: found.description
            )
        default:
            return Failure(
                "odm_broken_orthophoto", "ODM's orthophoto cannot be read: ODM left a damaged file behind",
                detail: found.description, retry: .later)
        }
    }
}

extension StageContext {
    /// Checks ODM's orthophoto in a child process. Nil when it can be used.
    ///
    /// - Throws: what says nothing of the file: that the check could not be run, or was canceled.
    func orthophotoFailure(_ path: String) async throws -> Failure? {
        do {
            _ = try await native.run(CheckOrthophoto(path: path)) { _ in }
            return nil
        } catch let failure as Failure where failure.code.hasPrefix("odm_") {
            return failure
        } catch let failure as Failure where failure.retry == .never {
            // The file crashed its reader, or made it want more than it may have.
            return Failure.unusableOrthophoto(failure)
        }
    }
}
