internal import Foundation

/// What a simulated photo says about itself: EXIF and DJI's XMP.
struct PhotoTags: Sendable {
    struct Position: Sendable {
        var latitude: Double
        var longitude: Double
        /// Above the sea, metres.
        var altitude: Double
    }

    let name: String
    let width: Int
    let height: Int
    /// `2026-06-21 11:00:00`, the camera's local time.
    let takenAt: String
    /// Nil for a camera that had no fix.
    let position: Position?
    let relativeAltitude: Double
    /// Compass degrees, -180 to 180.
    let gimbalYaw: Double
    let gimbalPitch: Double
    let gimbalRoll: Double
    let flightYaw: Double

    /// The content of the JPEG's EXIF segment.
    var exif: [UInt8] {
        let date = takenAt.replacingOccurrences(of: "-", with: ":")
        var directory: [(tag: UInt16, value: TIFFTags.Value)] = [
            (0x010E, .ascii(name)), (0x010F, .ascii("deadtrees")), (0x0110, .ascii("FlightSimulator")),
            (0x0112, .short(1)), (0x0131, .ascii("deadtrees simulate-flight")), (0x0132, .ascii(date)),
            (0x8769, .directory(camera(date))),
        ]
        if let position { directory.append((0x8825, .directory(Self.gps(position)))) }
        return Array("Exif".utf8) + [0, 0] + TIFFTags.block(directory)
    }

    private func camera(_ date: String) -> [(tag: UInt16, value: TIFFTags.Value)] {
        [
            (0x829A, .rationals([(1, 800)])), (0x829D, .rationals([(28, 10)])), (0x8822, .short(2)),
            (0x8827, .short(100)), (0x9000, .undefined(Array("0230".utf8))), (0x9003, .ascii(date)),
            (0x9004, .ascii(date)),
            (0x920A, .rationals([(UInt32(FlightPlan.focalLength * 100), 100)])),
            (0xA001, .short(1)), (0xA002, .long(UInt32(width))), (0xA003, .long(UInt32(height))),
            (0xA405, .short(UInt16(FlightPlan.equivalentFocalLength))),
        ]
    }

    private static func gps(_ position: Position) -> [(tag: UInt16, value: TIFFTags.Value)] {
        [
            (0, .bytes([2, 3, 0, 0])),
            (1, .ascii(position.latitude < 0 ? "S" : "N")), (2, .rationals(degrees(position.latitude))),
            (3, .ascii(position.longitude < 0 ? "W" : "E")), (4, .rationals(degrees(position.longitude))),
            (5, .bytes([position.altitude < 0 ? 1 : 0])),
            (6, .rationals([(UInt32((abs(position.altitude) * 1000).rounded()), 1000)])),
        ]
    }

    /// Degrees, minutes, and seconds to a ten-thousandth: three millimetres.
    private static func degrees(_ value: Double) -> [(UInt32, UInt32)] {
        let parts = UInt32((abs(value) * 36_000_000).rounded())
        return [(parts / 36_000_000, 1), (parts / 600_000 % 60, 1), (parts % 600_000, 10_000)]
    }

    /// The content of the JPEG's XMP segment. Source: https://developer.dji.com/doc/cloud-api-tutorial/
    var xmp: [UInt8] {
        var fields = [
            ("RelativeAltitude", relativeAltitude), ("GimbalRollDegree", gimbalRoll), ("GimbalYawDegree", gimbalYaw),
            ("GimbalPitchDegree", gimbalPitch), ("FlightRollDegree", 0), ("FlightYawDegree", flightYaw),
            ("FlightPitchDegree", 0),
        ]
        if let position { fields.insert(("AbsoluteAltitude", position.altitude), at: 0) }
        let attributes = fields.map { #" drone-dji:\#($0.0)="\#(String(format: "%+.2f", $0.1))""# }.joined()
        let packet = """
            <?xpacket begin="\u{FEFF}" id="W5M0MpCehiHzreSzNTczkc9d"?>
            <x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
            <rdf:Description rdf:about="" xmlns:drone-dji="http://www.dji.com/drone-dji/1.0/"\(attributes)/>
            </rdf:RDF></x:xmpmeta>
            <?xpacket end="w"?>
            """
        return Array("http://ns.adobe.com/xap/1.0/".utf8) + [0] + Array(packet.utf8)
    }
}
