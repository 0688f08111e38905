public import Imagery

/// A photo file with what it says about itself.
public struct SourcePhoto: Sendable {
    /// File name without folder.
    public let name: String
    public let path: String
    public let metadata: PhotoMetadata

    public init(name: String, path: String, metadata: PhotoMetadata) {
        self.name = name
        self.path = path
        self.metadata = metadata
    }

    /// WGS 84, nil where there is none or only the zeros of a receiver without a fix.
    var position: (latitude: Double, longitude: Double)? {
        guard let latitude = metadata.latitude, let longitude = metadata.longitude,
            abs(latitude) < 84, abs(longitude) <= 180, latitude != 0 || longitude != 0
        else { return nil }
        return (latitude, longitude)
    }

    /// Photos this far from straight down show the horizon or too little ground: degrees of pitch.
    static let shallowestPitch = -60.0

    /// Why the photo cannot be placed, nil where it can.
    var shortcoming: Shortcoming? {
        if position == nil { return .position }
        if PinholeCamera(metadata) == nil { return .camera }
        if let pitch = metadata.gimbalPitch, pitch > Self.shallowestPitch { return .oblique }
        return nil
    }

    enum Shortcoming: String, CaseIterable {
        case position = "have no GPS position"
        case camera = "state neither a known camera nor a 35 mm equivalent of the focal length"
        case oblique = "do not look down"
        case height = "state no height above ground"
        case farAway = "were taken more than 20 km from the others"
    }
}
