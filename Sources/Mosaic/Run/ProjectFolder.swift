package import Failures
internal import Foundation

/// ODM's layout of one project on disk.
package struct ProjectFolder {
    package let path: String

    /// Suffixes that ODM takes for images, lower case.
    private static let accepted: Set = ["jpg", "jpeg", "png", "tif", "tiff", "bmp", "raw", "dng", "nef", "jxl"]
    /// Those of them that can be decoded here.
    private static let decodable: Set = ["jpg", "jpeg", "png", "tif", "tiff"]

    /// Throws `project_missing` when there is no such folder.
    package init(_ arguments: ODMArguments) throws(Failure) {
        path = URL(fileURLWithPath: arguments.projectPath).appendingPathComponent(arguments.name).path
        guard Self.isFolder(path) else { throw .projectMissing(path) }
    }

    package var images: String { path + "/images" }
    package var orthophotoFolder: String { path + "/odm_orthophoto" }
    package var orthophoto: String { orthophotoFolder + "/odm_orthophoto.tif" }
    package var log: String { path + "/log.json" }

    package struct Listing {
        /// Sorted names.
        package var photos: [String]
        /// Images that ODM could read and we cannot.
        package var notDecodable: [String]
    }

    /// The images of the project. Masks (`…_mask.png`) are none.
    package func list(projectPath: String) throws(Failure) -> Listing {
        guard Self.isFolder(images) else { throw .noImagesFolder(images, projectPath: projectPath) }
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: images).sorted()
        } catch {
            throw .photoUnreadable("images", .cannotWrite("images", "\(error)"))
        }
        let supported = names.filter { name in
            let url = URL(fileURLWithPath: name)
            return Self.accepted.contains(url.pathExtension.lowercased())
                && !url.deletingPathExtension().lastPathComponent.hasSuffix("_mask")
        }
        func canDecode(_ name: String) -> Bool {
            Self.decodable.contains(URL(fileURLWithPath: name).pathExtension.lowercased())
        }
        return Listing(photos: supported.filter(canDecode), notDecodable: supported.filter { !canDecode($0) })
    }

    private static func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
    }
}
