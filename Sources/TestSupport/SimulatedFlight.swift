import Foundation
import Testing

/// A small flight, rendered once for all tests.
public enum SimulatedFlight {
    /// The ZIP of its photos.
    public static func path() throws -> String { try rendered.get() }

    /// The orthophoto that they should give.
    public static func truth() throws -> String { try path().replacing(".zip", with: ".truth.tif") }

    /// A folder of the same photos.
    public static func folder() throws -> String { try inFolder.get() }

    private static let rendered = Result { try render(".zip") }
    private static let inFolder = Result { try render("") }

    private static func render(_ suffix: String) throws -> String {
        let path = NSTemporaryDirectory() + "deadtrees-flight-\(ProcessInfo.processInfo.processIdentifier)\(suffix)"
        let process = Process()
        process.executableURL = URL(fileURLWithPath: BuiltProducts.path("deadtrees"))
        process.arguments = ["simulate-flight", path, "--images", "8", "--width", "480"]
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return path
    }
}
