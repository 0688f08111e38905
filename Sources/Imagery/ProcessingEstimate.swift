import Foundation

/// What processing a set will roughly take, from rules of thumb. Runs of the same host know better.
public struct ProcessingEstimate: Codable, Equatable, Sendable {
    /// Bytes of memory that ODM wants.
    public var memory: Int
    /// Bytes of disk in the project folder while ODM runs.
    public var disk: Int
    /// Metres on the ground per pixel, where height and focal length are known.
    public var groundSampling: Double?
    /// Square metres within the positions' bounds, plus half a photo all around.
    public var area: Double?

    /// Photos and GiB of memory, for the whole pipeline at unstated photo sizes.
    /// Source: https://docs.opendronemap.org/installation/ (hardware recommendations)
    private static let memoryTable: [(photos: Double, gibibytes: Double)] = [
        (40, 4), (250, 16), (500, 32), (1500, 64), (2500, 128), (3500, 192), (5000, 256),
    ]

    /// `resolution`: metres per pixel of the orthophoto; finer than the photos is never reached.
    public init(_ set: ImageSet, resolution: Double = 0.01) {
        let count = Double(set.photos.count)
        memory = Int(Self.gibibytes(count) * 1_073_741_824)
        let footprint = Footprint(set)
        groundSampling = footprint?.groundSampling
        area = footprint?.area
        // Four bytes a pixel; before and after cropping, and the copy that becomes the COG.
        let pixel = max(resolution, groundSampling ?? resolution)
        let orthophoto = (area ?? 0) / (pixel * pixel) * 4
        let undistorted = 40e6 * set.megapixels / 12
        disk = Int(min(10 * Double(set.bytes) + undistorted + 3 * orthophoto, 1e15))
    }

    private static func gibibytes(_ photos: Double) -> Double {
        guard let after = memoryTable.first(where: { $0.photos >= photos }) else {
            return photos * 256 / 5000
        }
        guard let before = memoryTable.last(where: { $0.photos < photos }) else { return after.gibibytes }
        let share = (photos - before.photos) / (after.photos - before.photos)
        return before.gibibytes + share * (after.gibibytes - before.gibibytes)
    }
}

/// The ground that a set covers, as far as positions, height and focal length tell.
private struct Footprint {
    let area: Double
    let groundSampling: Double

    /// Nil without positions, height or focal length.
    init?(_ set: ImageSet) {
        let photo = set.photos.lazy.map(\.metadata).first {
            $0.focalLength35 != nil && $0.width != nil && $0.height != nil
        }
        guard let gps = set.gps, let height = set.flight?.height?.max, height > 0, let photo,
            let focalLength = photo.focalLength35, let width = photo.width, let rows = photo.height
        else { return nil }
        // 36 mm is the width of the film that the equivalent focal length refers to.
        let across = height * 36 / focalLength
        groundSampling = across / Double(max(width, rows))
        let longest = groundSampling * Double(max(width, rows))
        // A degree of latitude is 111,320 m; of longitude, shorter by the cosine, taken in the middle.
        let shrink = cos((gps.south + gps.north) / 2 * .pi / 180)
        area = ((gps.north - gps.south) * 111_320 + longest) * ((gps.east - gps.west) * 111_320 * shrink + longest)
    }
}
