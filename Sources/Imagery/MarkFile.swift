import Foundation

/// The fixes of an `.MRK` file: one line for each shutter event, written by DJI's and Autel's RTK drones.
///
/// Fields are separated by tabs: number, GPS second of week, `[week]`, offsets of the antenna to the camera
/// (`-13,N`, `-9,E`, `191,V`, millimetres), `latitude,Lat`, `longitude,Lon`, `height,Ellh`, standard deviations
/// north, east and up in metres, and the kind of fix (`50,Q`).
struct MarkFile {
    struct Mark: Equatable {
        let latitude: Double
        let longitude: Double
        /// Ellipsoidal height, metres.
        let height: Double
        /// Metres: north, east, up.
        let deviations: [Double]?
        let fix: RTKFix
    }

    /// A day of shutter events; each line is about 130 bytes.
    static let maximumSize = 16 << 20

    let marks: [Mark]
    /// Lines that are no marks.
    let unreadableLines: Int

    init(_ bytes: [UInt8]) {
        let lines = bytes.split { $0 == 0x0A || $0 == 0x0D }.map { String(decoding: $0.prefix(500), as: UTF8.self) }
            .filter { $0.contains(where: \.isLetter) }
        marks = lines.compactMap(Self.mark)
        unreadableLines = lines.count - marks.count
    }

    private static func mark(_ line: String) -> Mark? {
        let fields = line.split(separator: "\t").map { $0.filter { $0 != " " } }
        func number(_ unit: String) -> Double? {
            fields.first { $0.hasSuffix(",\(unit)") }.flatMap { Double($0.dropLast(unit.count + 1)) }
        }
        let quality = fields.first { $0.contains(",Q") }?.prefix { $0 != "," }
        guard let latitude = number("Lat"), let longitude = number("Lon"), let height = number("Ellh"),
            (-90...90).contains(latitude), (-180...180).contains(longitude), let flag = quality.flatMap({ Int($0) })
        else { return nil }
        let triples = fields.map { $0.split(separator: ",").compactMap { Double($0) } }
        let deviations = triples.first { $0.count == 3 && $0.allSatisfy { $0.isFinite && $0 >= 0 } }
        return Mark(
            latitude: latitude, longitude: longitude, height: height, deviations: deviations, fix: RTKFix(flag: flag))
    }
}

/// How well a position was known when the shutter opened; the flags are DJI's.
public enum RTKFix: String, Codable, CaseIterable, Sendable {
    /// Integer ambiguities solved: centimetres.
    case fixed
    /// Decimetres.
    case float
    /// Without corrections: metres.
    case single
    case none

    public init(flag: Int) {
        self =
            switch flag {
            case 50: .fixed
            case 34: .float
            case 16: .single
            default: .none
            }
    }
}
