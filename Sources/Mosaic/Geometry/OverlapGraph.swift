/// Which photos show common ground.
struct OverlapGraph {
    /// Pairs of indices, the smaller first.
    let pairs: [(Int, Int)]
    private let count: Int

    init(_ photos: [PlacedPhoto]) {
        count = photos.count
        let projections = photos.map(\.projection)
        let boxes = projections.map { GroundBox($0.footprint ?? []) }
        var pairs: [(Int, Int)] = []
        for first in photos.indices {
            for second in photos.indices.dropFirst(first + 1) where boxes[first].intersects(boxes[second]) {
                let middle = (projections[first].origin + projections[second].origin) / 2
                let margins = [first, second].map { projections[$0].margin(east: middle.x, north: middle.y) }
                if margins.allSatisfy({ $0 > 0.05 }) { pairs.append((first, second)) }
            }
        }
        self.pairs = pairs
    }

    /// Indices of the largest group of photos that hang together, in order.
    var largestGroup: [Int] {
        var leader = Array(0..<count)
        func root(_ index: Int) -> Int {
            var index = index
            while leader[index] != index {
                leader[index] = leader[leader[index]]
                index = leader[index]
            }
            return index
        }
        for (first, second) in pairs { leader[root(first)] = root(second) }
        let groups = Dictionary(grouping: 0..<count) { root($0) }.values
        return groups.max { ($0.count, $1[0]) < ($1.count, $0[0]) }?.sorted() ?? []
    }
}
