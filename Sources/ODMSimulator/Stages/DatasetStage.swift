internal import Failures
internal import Foundation
internal import Imagery
internal import Mosaic

/// A photo of the set, with its place where it states one.
struct SimulatedPhoto: Codable {
    var filename: String
    var width: Int?
    var height: Int?
    /// WGS 84.
    var latitude: Double?
    var longitude: Double?
    var altitude: Double?

    var position: (latitude: Double, longitude: Double)? {
        guard let latitude, let longitude, abs(latitude) < 84, latitude != 0 || longitude != 0 else { return nil }
        return (latitude, longitude)
    }
}

extension SimulatedRun {
    func loadDataset() throws {
        let project = try project
        log.info("Loading dataset from: \(project.images)")
        try makeFolder("odm_georeferencing")
        if try exists("images.json"), !arguments.reruns("dataset") {
            log.info("Loading images database: \(try path("images.json"))")
            let data = try Data(contentsOf: URL(fileURLWithPath: try path("images.json")))
            photos = try JSONDecoder().decode([SimulatedPhoto].self, from: data)
            try step(0.04)
        } else {
            try scan(project)
        }
        log.info("Found \(photos.count) usable images")
        log.count(images: photos.count)
        if photos.allSatisfy({ $0.position == nil }) {
            log.warning("Could not generate coordinates file. The orthophoto will not be georeferenced.")
        }
    }

    private func scan(_ project: ProjectFolder) throws {
        let names: [String]
        do {
            let listing = try project.list(projectPath: arguments.projectPath)
            names = (listing.photos + listing.notDecodable).sorted()
        } catch {
            throw Ending.input(error.sentence)
        }
        guard !names.isEmpty else { throw Ending.input("Not enough supported images in \(project.images)") }
        log.info("Loading \(names.count) images")
        try each(names, 0.04) { name in
            guard let metadata = Self.metadata(project.images + "/" + name) else {
                return log.warning("\(name) seems corrupted and will not be used")
            }
            photos.append(
                SimulatedPhoto(
                    filename: name, width: metadata.width, height: metadata.height, latitude: metadata.latitude,
                    longitude: metadata.longitude, altitude: metadata.altitude))
        }
        try write("img_list.txt", photos.map(\.filename).joined(separator: "\n") + "\n")
        try write("images.json", try JSONEncoder().encode(photos))
        log.info("Wrote images database: \(try path("images.json"))")
    }

    private static func metadata(_ path: String) -> PhotoMetadata? {
        // A photo that cannot be read is one that ODM leaves out with a warning.
        try? PhotoMetadata.read(path: path)
    }
}
