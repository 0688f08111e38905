import Failures

extension RasterInfo {
    /// Describes a raster from its header; no pixel is read.
    /// - Throws: `raster_not_readable` and its kin; `raster_too_many_bands` beyond the limits' number of bands.
    public init(of path: String, limits: RasterLimits = RasterLimits()) throws {
        let raster = try RasterDataset(opening: path)
        guard raster.bandCount > 0 else { throw Failure.rasterWithoutBands(raster.name) }
        guard raster.bandCount <= limits.bands else {
            throw Failure.rasterTooManyBands(raster.name, raster.bandCount, limit: limits.bands)
        }
        let bands = raster.bands, verdict = COGLayout(of: raster).verdict()
        self.init(
            path: raster.name, driver: raster.driver, isCOG: verdict.errors.isEmpty,
            compression: Self.compression(raster), colorSpace: raster.imageStructure("SOURCE_COLOR_SPACE"),
            cogErrors: verdict.errors.isEmpty ? nil : verdict.errors,
            cogWarnings: verdict.warnings.isEmpty ? nil : verdict.warnings, profile: Profile(raster, bands),
            geo: Geo(raster), tags: Self.tags(raster), bandMetadata: Self.bandMetadata(raster, bands),
            directories: Self.directories(raster, bands[0]))
    }

    private static func compression(_ raster: borrowing RasterDataset) -> String? {
        raster.imageStructure("COMPRESSION").map { $0 == "YCbCr JPEG" ? "JPEG" : $0 }
    }

    /// The names that people see: `IMAGE_STRUCTURE` is `Image Structure`.
    private static func tags(_ raster: borrowing RasterDataset) -> [String: [String: String]] {
        var tags = ["Image Metadata": dictionary(raster.metadata())]
        for domain in raster.metadataDomains.prefix(mostItems) where !domain.isEmpty && domain != "DERIVED_SUBDATASETS"
        {
            // XML documents (XMP and such) are no key and value pairs.
            guard !domain.hasPrefix("xml:") else { continue }
            let words = domain.split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst().lowercased() }
            tags[words.joined(separator: " ")] = dictionary(raster.metadata(domain: domain))
        }
        return tags
    }

    private static func bandMetadata(
        _ raster: borrowing RasterDataset, _ bands: [RasterBand]
    ) -> [String: BandMetadata] {
        var all: [String: BandMetadata] = [:]
        for (index, band) in bands.enumerated() {
            all["Band \(index + 1)"] = BandMetadata(
                description: band.description.isEmpty ? nil : band.description, color: band.color.rawValue,
                offset: JSONNumber(band.offset ?? 0), scale: JSONNumber(band.scale ?? 1),
                metadata: dictionary(raster.metadata(band: index + 1)))
        }
        return all
    }

    private static func directories(_ raster: borrowing RasterDataset, _ band: RasterBand) -> [Directory] {
        let width = raster.width
        let full = Directory(
            level: 0, width: width, height: raster.height, blockSize: [band.blockHeight, band.blockWidth],
            decimation: 0)
        return [full]
            + band.overviews.enumerated().map { index, overview in
                Directory(
                    level: index + 1, width: overview.width, height: overview.height,
                    blockSize: [overview.blockHeight, overview.blockWidth],
                    decimation: Int((Double(width) / Double(max(1, overview.width))).rounded()))
            }
    }

    /// Bounded, since it is kept in the database: a file may name 100,000 pages or quote a whole book.
    private static func dictionary(_ pairs: [(key: String, value: String)]) -> [String: String] {
        Dictionary(pairs.prefix(mostItems).map { (cut($0.key), cut($0.value)) }) { first, _ in first }
    }

    private static func cut(_ text: String) -> String {
        text.utf8.count > longestText ? text.prefix(longestText) + "…" : text
    }

    private static let mostItems = 200
    private static let longestText = 10_000
}

extension RasterInfo.Profile {
    init(_ raster: borrowing RasterDataset, _ bands: [RasterBand]) {
        self.init(
            bands: bands.count, width: raster.width, height: raster.height,
            isTiled: bands[0].blockWidth != raster.width, type: bands[0].type?.rawValue ?? "unknown",
            interleave: raster.imageStructure("INTERLEAVE") ?? "UNKNOWN",
            hasAlphaBand: bands.contains { $0.mask.contains(.alpha) || $0.color == .alpha },
            hasInternalMask: bands.contains { $0.mask.contains(.perDataset) && !$0.mask.contains(.alpha) },
            nodata: bands[0].nodata.map { JSONNumber($0) }, colors: bands.map(\.color.rawValue),
            hasColorMap: bands[0].palette != nil, scales: bands.map { JSONNumber($0.scale ?? 1) },
            offsets: bands.map { JSONNumber($0.offset ?? 0) })
    }
}

extension RasterInfo.Geo {
    init(_ raster: borrowing RasterDataset) {
        let none = GeoTransform(originX: 0, originY: 0, columnX: 1, columnY: 0, rowX: 0, rowY: 1)
        let transform = raster.geoTransform ?? none
        let box = transform.bounds(width: raster.width, height: raster.height)
        var crsName: String?
        if let crs = raster.crs { crsName = crs.epsg.map { "EPSG:\($0)" } ?? crs.wkt }
        let zooms = WebMapZooms(of: raster)
        self.init(
            crs: crsName, boundingBox: [box.west, box.south, box.east, box.north].map { JSONNumber($0) },
            origin: [JSONNumber(transform.originX), JSONNumber(transform.originY)],
            resolution: [JSONNumber(transform.columnX), JSONNumber(transform.rowY)], minZoom: zooms?.lowest,
            maxZoom: zooms?.highest)
    }
}

extension RasterDataset {
    func imageStructure(_ key: String) -> String? { metadataItem(key, domain: "IMAGE_STRUCTURE") }
}
