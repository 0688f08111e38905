internal import Foundation

/// Paints the crowns of trees, the higher over the lower.
struct CrownPainter: Sendable {
    private let lumps: ValueNoise
    private let leaves: ValueNoise

    init(seed: UInt64) {
        lumps = ValueNoise(seed: seed, layer: 8)
        leaves = ValueNoise(seed: seed, layer: 9)
    }

    func paint(_ tree: Tree, on ground: Float, into canvas: inout SceneCanvas) {
        let reach = tree.radius * 1.15
        let columns = Self.cells(tree.x - canvas.west, reach, canvas.cell, limit: canvas.columns)
        let rows = Self.cells(canvas.north - tree.y, reach, canvas.cell, limit: canvas.rows)
        for row in rows {
            let y = canvas.north - (Float(row) + 0.5) * canvas.cell
            for column in columns {
                let x = canvas.west + (Float(column) + 0.5) * canvas.cell
                guard let (height, color) = look(tree, x - tree.x, y - tree.y, x, y) else { continue }
                let index = row * canvas.columns + column
                guard ground + height > canvas.cells[index].height else { continue }
                canvas.cells[index] = SceneCell(height: ground + height, color: color)
            }
        }
    }

    /// Height and colour of the crown at an offset from its trunk, nil beside it.
    @inline(__always)
    private func look(
        _ tree: Tree, _ dx: Float, _ dy: Float, _ x: Float, _ y: Float
    ) -> (Float, SIMD3<Float>)? {
        let distance = (dx * dx + dy * dy).squareRoot()
        let angle = atan2(dy, dx) + tree.twist
        switch tree.kind {
        case .spruce, .dying: return conifer(tree, distance, angle, x, y)
        case .broadleaf: return dome(tree, distance, angle, x, y)
        case .dead: return skeleton(tree, distance, angle)
        }
    }

    /// A cone of branches that reach out like the spokes of a wheel.
    @inline(__always)
    private func conifer(
        _ tree: Tree, _ distance: Float, _ angle: Float, _ x: Float, _ y: Float
    ) -> (Float, SIMD3<Float>)? {
        let spokes = sin(angle * 11) * 0.5 + sin(angle * 17 + tree.twist) * 0.5
        let share = distance / (tree.radius * (1 + 0.13 * spokes))
        guard share < 1 else { return nil }
        let needles = leaves.value(x / 0.25, y / 0.25)
        let height = tree.height * (1 - 0.7 * share) + 0.35 * spokes * share + needles * 0.15
        return (height, tree.color * (0.8 + 0.25 * spokes * share + 0.2 * needles + 0.25 * (1 - share)))
    }

    /// A round crown of several lumps.
    @inline(__always)
    private func dome(
        _ tree: Tree, _ distance: Float, _ angle: Float, _ x: Float, _ y: Float
    ) -> (Float, SIMD3<Float>)? {
        let lobes = sin(angle * 5) * 0.07 + sin(angle * 3 + 2 * tree.twist) * 0.08
        let share = distance / (tree.radius * (1 + lobes))
        guard share < 1 else { return nil }
        let lump = lumps.value(x / 1.1, y / 1.1)
        let leaf = leaves.value(x / 0.3, y / 0.3)
        let height = tree.height * (0.45 + 0.55 * (1 - share * share).squareRoot()) + lump * 0.55 + leaf * 0.12
        return (height, tree.color * (0.9 + 0.16 * lump + 0.18 * leaf))
    }

    /// Bare branches, thinner outwards, with the ground showing between them.
    @inline(__always)
    private func skeleton(_ tree: Tree, _ distance: Float, _ angle: Float) -> (Float, SIMD3<Float>)? {
        let share = distance / tree.radius
        guard share < 1 else { return nil }
        let branches: Float = 9
        let bend = sin(distance * 2.3 + tree.twist) * 0.12
        let turn = (angle + bend) * branches / (2 * .pi)
        let index = turn.rounded()
        let length = 0.62 + 0.38 * sin(index * 5.3 + tree.twist * 3)
        let offset = abs(turn - index) * 2 * .pi / branches * distance
        let twig = abs(sin(distance * 6 + index)) > 0.82 ? 0.22 * (1 - share) : 0
        guard share < max(0.35, length), offset < 0.2 * (1 - share) + 0.1 + twig else { return nil }
        return (tree.height * (0.95 - 0.4 * share), tree.color * (1.05 - 0.15 * share))
    }

    private static func cells(_ middle: Float, _ reach: Float, _ cell: Float, limit: Int) -> Range<Int> {
        let first = max(0, Int((middle - reach) / cell)), last = min(limit, Int((middle + reach) / cell) + 1)
        return first..<max(first, last)
    }
}
