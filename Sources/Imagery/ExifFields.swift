import CLibExif

extension PhotoFacts {
    /// Fills in what an EXIF block (from `Exif\0\0` on) and an XMP packet say; XMP where EXIF is silent.
    mutating func add(exif: [UInt8]?, xmp: [UInt8]?) {
        if let exif, let block = ExifBlock(exif) { add(block.tags()) }
        if let xmp { add(XMPPacket(xmp)) }
    }

    mutating func add(_ exif: ExifTags) {
        let camera = exif.image
        metadata.make = camera[0x010F]?.text
        metadata.model = camera[0x0110]?.text
        metadata.orientation = camera[0x0112]?.integer(in: 1...8)
        metadata.serialNumber = exif.exif[0xA431]?.text
        metadata.takenAt =
            TakenAt(exif.exif[0x9003], offset: exif.exif[0x9011])?.text
            ?? TakenAt(exif.exif[0x9004], offset: exif.exif[0x9012])?.text
            ?? TakenAt(camera[0x0132], offset: exif.exif[0x9010])?.text
        metadata.exposureTime = exif.exif[0x829A]?.positive
        metadata.fNumber = exif.exif[0x829D]?.positive
        metadata.iso = exif.exif[0x8827]?.double.flatMap { Int(exactly: $0) }.flatMap { $0 > 0 ? $0 : nil }
        metadata.focalLength = exif.exif[0x920A]?.positive
        metadata.focalLength35 = exif.exif[0xA405]?.positive
        metadata.width = metadata.width ?? exif.exif[0xA002]?.integer(in: 1...1_000_000)
        metadata.height = metadata.height ?? exif.exif[0xA003]?.integer(in: 1...1_000_000)
        add(GPSFields(exif.gps, stated: exif.statedGPS))
        addTags(exif)
    }

    private mutating func add(_ gps: GPSFields) {
        metadata.latitude = gps.latitude
        metadata.longitude = gps.longitude
        metadata.altitude = gps.altitude
        if let problem = gps.problem { warnings.append(problem) }
    }

    private mutating func addTags(_ exif: ExifTags) {
        for (directory, values) in [(EXIF_IFD_0, exif.image), (EXIF_IFD_EXIF, exif.exif), (EXIF_IFD_GPS, exif.gps)] {
            for (tag, value) in values {
                guard let name = ExifTags.name(tag, in: directory), !Self.pointless.contains(name) else { continue }
                tags[name] = value
            }
        }
        // As numbers people can use, and with the hemisphere in the sign.
        tags["GPSLatitude"] = metadata.latitude.map(TagValue.number)
        tags["GPSLongitude"] = metadata.longitude.map(TagValue.number)
        tags["GPSAltitude"] = metadata.altitude.map(TagValue.number)
    }

    /// Where other directories and image data lie within the file, padding: nothing about the photo.
    private static let pointless: Set<String> = [
        "ExifIfdPointer", "GPSInfoIFDPointer", "GPSInfoIfdPointer", "InteroperabilityIFDPointer",
        "InteroperabilityIfdPointer", "StripOffsets", "StripByteCounts", "TileOffsets", "TileByteCounts", "SubIFDs",
        "JPEGInterchangeFormat", "JPEGInterchangeFormatLength", "Padding", "OffsetSchema", "XMLPacket",
    ]
}

extension TagValue {
    var positive: Double? { double.flatMap { $0.isFinite && $0 > 0 ? $0 : nil } }

    func integer(in range: ClosedRange<Int>) -> Int? {
        double.flatMap { Int(exactly: $0) }.flatMap { range.contains($0) ? $0 : nil }
    }
}
