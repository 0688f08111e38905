import Foundation

/// How far photos show the same ground, as far as positions, heights and focal lengths tell.
///
/// Lengths are metres. Two photos overlap when the one shows at least 30 % of the other's ground: below that ODM finds
/// hardly a point that both show.
public struct SetOverlap: Codable, Equatable, Sendable {
    /// Photos that were looked at.
    public private(set) var photos: Int
    /// Of those, the ones of which it is known what ground they show. All further numbers are about these.
    public private(set) var known = 0
    /// Photos that overlap no other.
    public private(set) var alone = 0
    /// The same, were the ground a quarter further below than the photos say. What is alone then is so for certain.
    public private(set) var certainlyAlone = 0
    /// Photos that overlap one or two others only.
    public private(set) var thin = 0
    /// Half of the photos overlap at least so many others; counted up to 12.
    public private(set) var neighbours = 0
    /// What half of the photos are closest to their nearest neighbour.
    public private(set) var spacing: Double?
    /// The ground that a photo shows, and the height it was taken from: medians.
    public private(set) var width: Double?
    public private(set) var depth: Double?
    public private(set) var height: Double?
    /// All positions lie within a metre.
    public private(set) var isOneSpot = false
    /// Photos whose position another one has, too, to the decimetre.
    public private(set) var repeated = 0
    /// Photos more than 20 km from the middle of the set, and how far the furthest is.
    public private(set) var far = 0
    public private(set) var furthest: Double?

    public static let leastShare = 0.3
    /// No drone flies so far, metres.
    public static let farAway = 20_000.0
    /// More neighbours are not counted.
    static let mostNeighbours = 12
    /// How much further below the ground may be without anybody knowing: take-off may have been on a hill.
    private static let doubt = 1.25

    /// - Parameter photos: those that ODM gets.
    public init(_ photos: [ImageSet.Photo]) {
        self.photos = photos.count
        let metadata = photos.map(\.metadata)
        let plan = FlightPlan(metadata)
        let points = plan.points.compactMap { $0 }
        look(points)
        let footprints = metadata.indices.compactMap { index in
            plan.points[index].flatMap { point in
                plan.heights[index].flatMap { GroundFootprint(metadata[index], at: point, height: $0) }
            }
        }
        known = footprints.count
        guard known > 1 else { return }
        height = plan.height
        width = footprints.map { 2 * max($0.half.x, $0.half.y) }.middle
        depth = footprints.map { 2 * min($0.half.x, $0.half.y) }.middle
        spacing = Self.spacing(points)
        count(footprints)
    }

    private mutating func look(_ points: [SIMD2<Double>]) {
        let distances = points.map { ($0 * $0).sum().squareRoot() }
        furthest = distances.max()
        far = distances.count { $0 > Self.farAway }
        isOneSpot = points.count > 1 && distances.allSatisfy { $0 <= 1 }
        repeated = points.count - Set(points.map { ($0 * 10).rounded(.toNearestOrAwayFromZero) }).count
    }

    private mutating func count(_ footprints: [GroundFootprint]) {
        let counts = FootprintGrid(footprints).neighbours(leastShare: Self.leastShare, most: Self.mostNeighbours)
        alone = counts.count { $0 == 0 }
        thin = counts.count { (1...2).contains($0) }
        neighbours = counts.sorted()[(counts.count - 1) / 2]
        guard alone > 0 else { return }
        let areas = footprints.map(\.area).sorted()
        // Where the ground falls, whoever flew higher saw what the others saw: all get the size of the largest.
        let largest = areas[min(areas.count - 1, areas.count * 95 / 100)]
        let generous = footprints.map { $0.scaled(by: Self.doubt * max(1, largest / $0.area).squareRoot()) }
        certainlyAlone = FootprintGrid(generous).neighbours(leastShare: Self.leastShare, most: 1).count { $0 == 0 }
    }

    /// The median distance to the nearest other photo; of a large set, of some of its photos.
    private static func spacing(_ points: [SIMD2<Double>]) -> Double? {
        guard points.count > 1 else { return nil }
        return stride(from: 0, to: points.count, by: max(1, points.count / 100)).map { index in
            points.indices.reduce(Double.infinity) { nearest, other in
                let offset = points[index] - points[other]
                return other == index ? nearest : min(nearest, (offset * offset).sum())
            }.squareRoot()
        }.middle
    }
}

/// Footprints by where they lie, so that not every pair has to be looked at.
struct FootprintGrid {
    private let footprints: [GroundFootprint]
    private let cellSize: Double
    private var cells: [SIMD2<Int>: [Int]] = [:]
    /// A set in which so many photos lie about one place and do not overlap is none that a drone has made.
    private static let patience = 3000

    init(_ footprints: [GroundFootprint]) {
        self.footprints = footprints
        cellSize = max(1, 2 * (footprints.map(\.radius).max() ?? 1))
        for (index, footprint) in footprints.enumerated() { cells[cell(footprint), default: []].append(index) }
    }

    private func cell(_ footprint: GroundFootprint) -> SIMD2<Int> {
        let place = (footprint.centre / cellSize).rounded(.down)
        return SIMD2(Int(place.x), Int(place.y))
    }

    /// For each footprint the number of others that show at least `leastShare` of its ground, counted up to `most`.
    func neighbours(leastShare: Double, most: Int) -> [Int] {
        footprints.indices.map { neighbours(of: $0, leastShare, most) }
    }

    private func neighbours(of index: Int, _ leastShare: Double, _ most: Int) -> Int {
        let footprint = footprints[index]
        let home = cell(footprint)
        var found = 0
        var patience = Self.patience
        // The own cell first: there most of them are.
        for step in [0, 1, -1] {
            for side in [0, 1, -1] {
                for other in cells[home &+ SIMD2(step, side)] ?? [] where other != index {
                    if footprint.share(shownBy: footprints[other]) >= leastShare { found += 1 }
                    patience -= 1
                    if found >= most || patience == 0 { return found }
                }
            }
        }
        return found
    }
}
