extension PhotoFacts {
    /// What DJI, Autel, Parrot, MicaSense and others write into XMP about the flight.
    mutating func add(_ xmp: XMPPacket) {
        addCamera(xmp)
        addPosition(xmp)
        metadata.relativeAltitude = xmp.number("relativealtitude")
        metadata.gimbalPitch = xmp.number("gimbalpitchdegree", "camerapitchdegree") ?? Self.pitch(xmp)
        metadata.gimbalRoll = xmp.number("gimbalrolldegree", "camerarolldegree", "camera:roll")
        metadata.gimbalYaw = xmp.number("gimbalyawdegree", "camerayawdegree", "camera:yaw").map(Self.heading)
        metadata.flightYaw = xmp.number("flightyawdegree").map(Self.heading)
        metadata.rtkFlag = xmp.number("rtkflag").flatMap { Int(exactly: $0) }
        let deviations = ["rtkstdlat", "rtkstdlon", "rtkstdhgt"].compactMap { xmp.number($0) }
        if deviations.count == 3, deviations.allSatisfy({ $0 >= 0 }) {
            metadata.rtkStandardDeviation = deviations
        }
        metadata.bandName = xmp.text("camera:bandname")
    }

    private mutating func addCamera(_ xmp: XMPPacket) {
        metadata.make = metadata.make ?? xmp.text("make")
        metadata.model = metadata.model ?? xmp.text("model")
        metadata.serialNumber =
            metadata.serialNumber ?? xmp.text("cameraserialnumber") ?? xmp.text("serialnumber")
            ?? xmp.text("droneserialnumber")
    }

    /// DJI repeats the position, signed; `GpsLongtitude` is how some firmware spells it.
    private mutating func addPosition(_ xmp: XMPPacket) {
        guard metadata.latitude == nil, let latitude = xmp.number("gpslatitude"),
            let longitude = xmp.number("gpslongitude", "gpslongtitude"),
            abs(latitude) <= 90, abs(longitude) <= 180, latitude != 0 || longitude != 0
        else { return }
        metadata.latitude = latitude
        metadata.longitude = longitude
        metadata.altitude = metadata.altitude ?? xmp.number("absolutealtitude")
    }

    /// senseFly and Parrot count the pitch from straight down (0) instead of from the horizon.
    private static func pitch(_ xmp: XMPPacket) -> Double? {
        let orientation = xmp.numbers("cameraorientationned")
        if orientation.count == 3 { return orientation[1] }
        return xmp.number("camera:pitch").map { abs($0) - 90 }
    }

    /// 0 up to, but not including, 360.
    private static func heading(_ degrees: Double) -> Double {
        let rest = degrees.truncatingRemainder(dividingBy: 360)
        return rest < 0 ? rest + 360 : rest
    }
}
