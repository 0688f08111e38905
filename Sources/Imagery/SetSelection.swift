public import Failures

extension ImageSet {
    /// Which photos ODM gets, and why it does not get the others. A photo that is left out counts once, under the
    /// first reason that applies, in the order of the properties.
    public struct Selection: Equatable, Sendable {
        public internal(set) var photos: [Photo] = []
        /// Names of photos that were cut off on their way, or whose picture cannot be found in them.
        public internal(set) var unreadable: [String] = []
        /// Photos with the same bytes as an earlier one.
        public internal(set) var copies = 0
        /// Bands of a multispectral camera beside colour photos.
        public internal(set) var bands = 0
        /// Photos that look further from straight down than wanted.
        public internal(set) var tilted = 0
        /// The angle for that, in degrees.
        public internal(set) var largestTilt: Double?
        /// Left out by whoever asked.
        public internal(set) var unwanted = 0

        /// Photos of the set, used or not.
        public var all: Int { photos.count + unreadable.count + copies + bands + tilted + unwanted }
        /// Of the photos that ODM gets, those that state a position.
        public var placed: Int { photos.count(where: \.isPlaced) }
        public var bytes: Int { photos.reduce(0) { $0 + $1.bytes } }
        /// Millions of pixels, of all together and of the largest.
        public var megapixels: Double { photos.reduce(0) { $0 + $1.megapixels } }
        public var largestMegapixels: Double { photos.map(\.megapixels).max() ?? 0 }
    }

    /// - Parameters:
    ///   - largestTilt: photos that look further from straight down than this, in degrees, are left out. Those that do
    ///     not say where they look stay. Nil keeps all.
    ///   - include: what else is to be kept.
    public func selection(largestTilt: Double? = nil, include: (Photo) -> Bool = { _ in true }) -> Selection {
        let copies = Set(duplicates.map(\.name))
        let hasColour = photos.contains { !$0.isMultispectralBand }
        var result = Selection(largestTilt: largestTilt)
        for photo in photos {
            if !photo.isReadable {
                result.unreadable.append(photo.name)
            } else if copies.contains(photo.name) {
                result.copies += 1
            } else if hasColour && photo.isMultispectralBand {
                result.bands += 1
            } else if let largestTilt, photo.tilt.map({ $0 > largestTilt }) ?? false {
                result.tilted += 1
            } else if !include(photo) {
                result.unwanted += 1
            } else {
                result.photos.append(photo)
            }
        }
        return result
    }
}

extension ImageSet.Selection {
    /// Why so few photos are left that ODM would make nothing of them; nil when there are enough.
    public func refusal(minimum: Int) -> Failure? {
        guard photos.count < minimum else { return nil }
        // Copies are not worth a word where nothing else is amiss.
        guard all > photos.count + copies else {
            return .tooFewPhotos(photos.count, of: all, because: [], minimum: minimum)
        }
        var reasons: [String] = []
        if !unreadable.isEmpty {
            let named = ImageSet.list(unreadable)
            reasons.append("\(unreadable.count) \(unreadable.count == 1 ? "is" : "are") cut off or damaged (\(named))")
        }
        if copies > 0 { reasons.append("\(copies) \(copies == 1 ? "is a copy" : "are copies") of others") }
        if bands > 0 { reasons.append("\(bands) \(bands == 1 ? "is a band" : "are bands") of a multispectral camera") }
        if tilted > 0, let largestTilt {
            reasons.append(
                "\(tilted) \(tilted == 1 ? "looks" : "look") more than \(Int(largestTilt)) degrees off straight down")
        }
        if unwanted > 0 { reasons.append("\(unwanted) \(unwanted == 1 ? "is" : "are") left out") }
        return .tooFewPhotos(photos.count, of: all, because: reasons, minimum: minimum)
    }
}

extension ImageSet.Photo {
    var isReadable: Bool { metadata.width != nil && metadata.height != nil && !warnings.contains(PhotoFacts.cutOff) }

    /// Whether it states a position.
    public var isPlaced: Bool { metadata.latitude != nil && metadata.longitude != nil }

    /// Degrees off straight down; nil where the photo does not say.
    public var tilt: Double? { metadata.gimbalPitch.map { abs(abs($0) - 90) } }

    /// Millions of pixels, 0 where unknown.
    public var megapixels: Double { Double(metadata.width ?? 0) * Double(metadata.height ?? 0) / 1e6 }
}
