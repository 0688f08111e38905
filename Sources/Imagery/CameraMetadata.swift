/// The EXIF of a whole set, for `v2_raw_images.camera_metadata`.
///
/// In JSON it stays the flat object that readers know: tag names with the value that all photos share. Where
/// photos differ the value is a text for people (`100 to 400`), and its range or list is under `image_set`.
public struct CameraMetadata: Codable, Equatable, Sendable {
    /// How a tag's values spread where they differ.
    public struct Variation: Codable, Equatable, Sendable {
        /// For numbers.
        public var min, max: Double?
        /// For texts: the first of them in order, at most 10.
        public var values: [String]?
        /// Photos that state the tag.
        public var photos: Int
    }

    /// Facts about the set that are no tag of one photo.
    public struct SetFacts: Codable, Equatable, Sendable {
        public var photos = 0
        public var bytes = 0
        public var megapixels = 0.0
        public var cameras: [ImageSet.Camera] = []
        public var sizes: [String: Int] = [:]
        public var gps: ImageSet.Extent?
        public var flight: ImageSet.Flight?
        public var from: String?
        public var to: String?
        public var varying: [String: Variation] = [:]
    }

    public var fields: [String: TagValue] = [:]
    public var set = SetFacts()

    /// Under this key, which no EXIF tag has, stands `set`.
    static let setKey = "image_set"

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    public init() {}

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        for key in container.allKeys {
            if key.stringValue == Self.setKey {
                set = try container.decode(SetFacts.self, forKey: key)
            } else {
                fields[key.stringValue] = try container.decode(TagValue.self, forKey: key)
            }
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        for (name, value) in fields { try container.encode(value, forKey: Key(stringValue: name)) }
        try container.encode(set, forKey: Key(stringValue: Self.setKey))
    }
}

/// Brings the tags of many photos together, without keeping them.
struct TagSummary {
    private struct Spread {
        var photos = 0
        var common: TagValue?
        var differs = false
        var min: Double?
        var max: Double?
        var texts: Set<String> = []
    }

    /// A tag with more texts than this is a running number of some kind; only so many are kept to sort.
    private static let maximumTexts = 1000
    private static let maximumTags = 400
    private var spreads: [String: Spread] = [:]

    mutating func add(_ tags: [String: TagValue]) {
        for (name, value) in tags where spreads[name] != nil || spreads.count < Self.maximumTags {
            var spread = spreads[name] ?? Spread(common: value)
            spread.photos += 1
            spread.differs = spread.differs || spread.common != value
            switch value {
            case .number(let number):
                spread.min = Swift.min(spread.min ?? number, number)
                spread.max = Swift.max(spread.max ?? number, number)
            case .text(let text) where spread.texts.count < Self.maximumTexts:
                spread.texts.insert(text)
            default: break
            }
            spreads[name] = spread
        }
    }

    func write(to metadata: inout CameraMetadata) {
        for (name, spread) in spreads {
            if !spread.differs, let common = spread.common {
                metadata.fields[name] = common
                continue
            }
            let texts = spread.texts.sorted()
            metadata.fields[name] = Self.words(spread, texts, areMoments: name.hasPrefix("DateTime")).map(TagValue.text)
            metadata.set.varying[name] = CameraMetadata.Variation(
                min: spread.min, max: spread.max, values: texts.isEmpty ? nil : Array(texts.prefix(10)),
                photos: spread.photos)
        }
    }

    /// For people: `100 to 400`, or `a, b and 3 more`; nil for lists of numbers that differ.
    private static func words(_ spread: Spread, _ texts: [String], areMoments: Bool) -> String? {
        if let first = texts.first, let last = texts.last {
            if areMoments { return "\(first) to \(last)" }
            let shown = texts.prefix(3).joined(separator: ", ")
            return texts.count > 3 ? "\(shown) and \(texts.count - 3) more" : shown
        }
        guard let min = spread.min, let max = spread.max else { return nil }
        return "\(short(min)) to \(short(max))"
    }

    private static func short(_ value: Double) -> String {
        if let whole = Int(exactly: value) { return String(whole) }
        let scaled = (value * 1_000_000).rounded() / 1_000_000
        return String(scaled == 0 ? value : scaled)
    }
}
