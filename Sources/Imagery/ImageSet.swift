public import Failures

/// A set of drone photos, as one uploads it: what is in it, and what is wrong with it.
///
/// Lengths are metres, angles degrees, sizes bytes unless named otherwise.
public struct ImageSet: Codable, Equatable, Sendable {
    public struct Photo: Codable, Equatable, Sendable {
        /// Path inside the set; fit to show, not to open.
        public var name: String
        public var bytes: Int
        public var format: PhotoFormat
        public var metadata: PhotoMetadata
        /// What the photo gets wrong, e.g. `its GPS position names no hemisphere`.
        public var warnings: [String]

        /// One band of a multispectral camera beside its colour photo (DJI names them `…_MS_NIR.TIF`).
        public var isMultispectralBand: Bool { name.contains("_MS_") }
    }

    public struct Ignored: Codable, Equatable, Sendable {
        public enum Reason: String, Codable, CaseIterable, Sendable {
            case systemFile = "system file"
            case video
            case nestedArchive = "archive within the archive"
            case symbolicLink = "symbolic link"
            case empty = "empty file"
            case notAPhoto = "not a photo"
        }
        public var name: String
        public var reason: Reason
    }

    public struct Camera: Codable, Equatable, Hashable, Sendable {
        public var make: String?
        public var model: String?
        public var serial: String?
        public var photos: Int
    }

    /// WGS 84 bounds of the photos that state a position.
    public struct Extent: Codable, Equatable, Sendable {
        public var photos: Int
        public var south, west, north, east: Double
        /// GPSAltitude.
        public var lowest, highest: Double?
    }

    /// How the camera flew, from XMP; nil where no photo says.
    public struct Flight: Codable, Equatable, Sendable {
        public struct Range: Codable, Equatable, Sendable {
            public var min, max: Double

            public init(min: Double, max: Double) { (self.min, self.max) = (min, max) }
        }
        /// Height above the take-off point.
        public var height: Range?
        public var pitch: Range?
        /// Photos that look more than 10 degrees off straight down.
        public var oblique: Int
    }

    public struct Day: Codable, Equatable, Comparable, Sendable {
        public var year, month, day: Int

        public init(year: Int, month: Int, day: Int) { (self.year, self.month, self.day) = (year, month, day) }

        public static func < (a: Day, b: Day) -> Bool {
            (a.year, a.month, a.day) < (b.year, b.month, b.day)
        }
    }

    /// A photo that has the same bytes as an earlier one (same size and checksum).
    public struct Duplicate: Codable, Equatable, Sendable {
        public var name: String
        public var original: String
    }

    /// Photos by name.
    public internal(set) var photos: [Photo] = []
    /// Bytes of all photos.
    public internal(set) var bytes = 0
    /// Millions of pixels of all photos together.
    public internal(set) var megapixels = 0.0
    /// Photos by format.
    public internal(set) var formats: [String: Int] = [:]
    /// Photos by pixel size, `4000x2250`.
    public internal(set) var sizes: [String: Int] = [:]
    /// Most photos first.
    public internal(set) var cameras: [Camera] = []
    public internal(set) var gps: Extent?
    public internal(set) var flight: Flight?
    /// The earliest day on which a photo was taken that is neither before 1981 nor in the future.
    public internal(set) var acquired: Day?
    /// First and last moment, as the camera's clock had it.
    public internal(set) var from: String?
    public internal(set) var to: String?
    public internal(set) var rtk: RTKSummary?
    /// Photos of different folders that share a file name (letter case aside); unpacking keeps them apart.
    public internal(set) var clashes: [[String]] = []
    public internal(set) var duplicates: [Duplicate] = []
    /// `X_mask.png` beside `X.jpg`: tells ODM which pixels not to use.
    public internal(set) var masks: [String] = []
    /// `gcp_list.txt` and `geo.txt`, which ODM reads.
    public internal(set) var controlFiles: [String] = []
    public internal(set) var ignored: [Ignored] = []
    /// Whole sentences, the weightiest first.
    public internal(set) var warnings: [String] = []
    /// Why the set cannot be processed, if it cannot.
    public internal(set) var refusal: Failure?
    /// What goes to `v2_raw_images.camera_metadata`.
    public internal(set) var cameraMetadata = CameraMetadata()

    init() {}
}
