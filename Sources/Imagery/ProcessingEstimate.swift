import Foundation

/// What processing photos will roughly take, from rules of thumb. Runs of the same host know better.
public struct ProcessingEstimate: Codable, Equatable, Sendable {
    /// Bytes of memory that ODM likely wants.
    public var memory: Int
    /// With less than this, in bytes, a run is not worth its start.
    public var leastMemory: Int
    /// Bytes of disk in the project folder while ODM runs, the photos among them.
    public var disk: Int
    /// Files in the project folder while ODM runs.
    public var files: Int
    /// Metres on the ground per pixel, where height and focal length are known.
    public var groundSampling: Double?
    /// Square metres within the positions' bounds, plus half a photo all around.
    public var area: Double?

    /// Photos and GiB of memory, for the whole pipeline. The size of the photos is not stated; taken for 12 megapixels,
    /// which most drones had when it was written.
    /// Source: https://docs.opendronemap.org/installation/ (hardware recommendations)
    private static let memoryTable: [(photos: Double, gibibytes: Double)] = [
        (0, 0.5), (40, 4), (250, 16), (500, 32), (1500, 64), (2500, 128), (3500, 192), (5000, 256),
    ]
    private static let tableMegapixels = 12.0
    /// What ODM takes before the first photo, GiB, and what it may get along with.
    private static let idle = 0.5
    private static let leastIdle = 0.1
    /// `--fast-orthophoto` leaves out the dense point cloud, for which most of the table's memory is.
    private static let leastShare = 0.3
    /// Memory of the largest photo while its features are found, GiB a megapixel: 16 bytes for the decoded picture,
    /// and as much again for its scales.
    private static let perMegapixel = 0.03
    /// Feature files, matches, tracks, undistorted pictures, metadata.
    private static let filesPerPhoto = 12
    private static let otherFiles = 500

    /// - Parameters:
    ///   - photos: those that ODM gets.
    ///   - resolution: metres per pixel of the orthophoto; finer than the photos is never reached.
    public init(_ photos: [ImageSet.Photo], resolution: Double = 0.01) {
        let megapixels = photos.reduce(0) { $0 + $1.megapixels }
        let ground = GroundCover(photos.map(\.metadata))
        groundSampling = ground?.groundSampling
        area = ground?.area
        let pixel = max(resolution, ground?.groundSampling ?? resolution)
        // Four bytes a pixel. Written before and after cropping, and as the copy that becomes the COG.
        let orthophoto = min((ground?.area ?? 0) / (pixel * pixel) * 4, 1e14)
        let bytes = photos.reduce(0.0) { $0 + Double($1.bytes) }
        disk = Int(min(10 * bytes + 40e6 * megapixels / Self.tableMegapixels + 3 * orthophoto, 1e15))
        files = photos.count * Self.filesPerPhoto + Self.otherFiles

        let count = Double(photos.count)
        let size = count > 0 ? min(megapixels / count / Self.tableMegapixels, 3) : 0
        // A set that does not say how large its photos are gets the table's.
        let wanted = (Self.table(count) - Self.idle) * (megapixels > 0 ? size : 1)
        let largest = (photos.map(\.megapixels).max() ?? 0) * Self.perMegapixel
        // The orthophoto is rendered in memory; that of a flight across the box takes half of the box.
        let likely = Self.idle + max(wanted, largest) + orthophoto / 1_073_741_824
        let least = Self.leastIdle + max(wanted * Self.leastShare, largest) + orthophoto / 1_073_741_824 / 2
        memory = Int(likely * 1_073_741_824)
        leastMemory = Int(least * 1_073_741_824)
    }

    /// For all photos of the set that can be used.
    public init(_ set: ImageSet, resolution: Double = 0.01) {
        self.init(set.selection().photos, resolution: resolution)
    }

    /// GiB for so many photos of 12 megapixels.
    private static func table(_ photos: Double) -> Double {
        guard let after = memoryTable.first(where: { $0.photos >= photos }) else { return photos * 256 / 5000 }
        guard let before = memoryTable.last(where: { $0.photos < photos }) else { return after.gibibytes }
        let share = (photos - before.photos) / (after.photos - before.photos)
        return before.gibibytes + share * (after.gibibytes - before.gibibytes)
    }
}

/// The ground that photos cover, as far as positions, height and focal length tell.
private struct GroundCover {
    let area: Double
    let groundSampling: Double

    /// Nil without positions, height or focal length.
    init?(_ photos: [PhotoMetadata]) {
        let plan = FlightPlan(photos)
        // Photos that are further away have a wrong position; they count for nothing.
        let points = plan.points.compactMap { $0 }.filter {
            ($0 * $0).sum() < SetOverlap.farAway * SetOverlap.farAway
        }
        let known = photos.first { ($0.focalLength35 ?? 0) > 0 && $0.width != nil && $0.height != nil }
        guard let height = plan.height, let west = points.map(\.x).min(), let east = points.map(\.x).max(),
            let south = points.map(\.y).min(), let north = points.map(\.y).max(),
            let footprint = known.flatMap({ GroundFootprint($0, at: .zero, height: height) }), let width = known?.width,
            let rows = known?.height
        else { return nil }
        let longest = 2 * max(footprint.half.x, footprint.half.y)
        groundSampling = longest / Double(max(width, rows))
        area = (north - south + longest) * (east - west + longest)
    }
}
