import Foundation
import Raster

/// A georeferenced picture in grey, for comparing two of the same ground.
struct GrayMap {
    let west: Double
    let north: Double
    let step: Double
    let columns: Int
    let rows: Int
    /// Negative where nothing is shown.
    let values: [Float]

    /// Reads a GeoTIFF with about `step` metres between samples.
    init(_ path: String, step: Double) throws {
        let file = try RasterDataset(opening: path)
        guard let position = file.geoTransform else { throw CocoaError(.fileReadCorruptFile) }
        columns = Int(Double(file.width) * position.columnX / step)
        rows = Int(Double(file.height) * -position.rowY / step)
        (west, north) = (position.originX, position.originY)
        self.step = Double(file.width) * position.columnX / Double(columns)
        let bands = file.bandCount
        let window = file.window
        let samples: [UInt8] = try file.read(window, outWidth: columns, outHeight: rows, resampling: .average)
        values = (0..<columns * rows).map { index in
            guard bands < 4 || samples[index * bands + 3] == 255 else { return -1 }
            return (0..<3).reduce(0) { $0 + Float(samples[index * bands + $1]) } / 3
        }
    }

    /// The grey at a place, nil where nothing is shown.
    func value(east: Double, north: Double) -> Float? {
        let column = Int(((east - west) / step).rounded(.down)), row = Int(((self.north - north) / step).rounded(.down))
        guard (0..<columns).contains(column), (0..<rows).contains(row) else { return nil }
        let value = values[row * columns + column]
        return value < 0 ? nil : value
    }

    var shownArea: Double { Double(values.count { $0 >= 0 }) * step * step }

    /// Metres east and north by which `other` has to move for the best match with this map, and how good it is
    /// (-1 to 1).
    func offset(of other: GrayMap, within reach: Double) -> (east: Double, north: Double, correlation: Double) {
        let steps = stride(from: -reach, through: reach, by: step)
        var best = (east: 0.0, north: 0.0, correlation: -1.0)
        for east in steps {
            for north in steps {
                let correlation = correlation(with: other, east, north)
                if correlation > best.correlation { best = (east, north, correlation) }
            }
        }
        return best
    }

    private func correlation(with other: GrayMap, _ east: Double, _ north: Double) -> Double {
        var (count, a, b, aa, bb, ab) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
        for row in 0..<other.rows {
            for column in 0..<other.columns {
                let theirs = other.values[row * other.columns + column]
                guard theirs >= 0,
                    let ours = value(
                        east: other.west + (Double(column) + 0.5) * other.step + east,
                        north: other.north - (Double(row) + 0.5) * other.step + north)
                else { continue }
                let (x, y) = (Double(ours), Double(theirs))
                count += 1
                a += x
                b += y
                aa += x * x
                bb += y * y
                ab += x * y
            }
        }
        let spread = ((aa - a * a / count) * (bb - b * b / count)).squareRoot()
        return spread > 0 ? (ab - a * b / count) / spread : -1
    }
}
