/// Reading any raster as 8-bit colour by the plan: the one place where sample types, band order, palettes,
/// stretches and every kind of validity meet. Standardising and thumbnails both read through it.
extension RasterSource {
    /// Whether a pixel can be invalid at all; if none can, pixels have three channels instead of four.
    var hasValidity: Bool {
        type.isFloat || plan.alpha != nil || plan.usesMask || plan.nodata != nil
            || plan.palette?.contains { $0[3] == 0 } == true
    }

    var channelCount: Int { hasValidity ? 4 : 3 }

    /// Reads a window as RGBA or RGB; an invalid pixel is zero in every channel.
    func pixels(_ window: PixelWindow, outWidth: Int? = nil, outHeight: Int? = nil) throws -> [UInt8] {
        let opacity = try opacity(window, outWidth, outHeight)
        if isByte {
            let values = try raster.read(window, outWidth: outWidth, outHeight: outHeight, bands: plan.colorBands)
            if plan.palette == nil, plan.channels == [0, 1, 2], !hasValidity { return values }
            return plan.palette == nil ? arranged(values, opacity) : colored(values, opacity)
        }
        if type.fitsFloat {
            return stretched(try values(window, as: Float.self, outWidth, outHeight), opacity)
        }
        return stretched(try values(window, as: Double.self, outWidth, outHeight), opacity)
    }

    /// The colour bands' values as they are, pixel-interleaved.
    func values<Value: PixelSample & BinaryFloatingPoint>(
        _ window: PixelWindow, as _: Value.Type, _ outWidth: Int? = nil, _ outHeight: Int? = nil
    ) throws -> [Value] {
        let values = try raster.read(
            window, as: Value.self, outWidth: outWidth, outHeight: outHeight, bands: plan.colorBands)
        return isSignedByte ? values.map { $0 > 127 ? $0 - 256 : $0 } : values
    }

    /// What the alpha band or the mask says, 0…255; nil when there is neither. Wide alpha counts as on or off.
    func opacity(_ window: PixelWindow, _ outWidth: Int? = nil, _ outHeight: Int? = nil) throws -> [UInt8]? {
        if let alpha = plan.alpha {
            if isByte { return try raster.read(window, outWidth: outWidth, outHeight: outHeight, bands: [alpha]) }
            let wide = try raster.read(
                window, as: Double.self, outWidth: outWidth, outHeight: outHeight, bands: [alpha])
            return wide.map { $0 > 0 ? 255 : 0 }
        }
        guard plan.usesMask else { return nil }
        return try raster.readMask(band: 1, window, outWidth: outWidth, outHeight: outHeight)
    }

    private func arranged(_ values: [UInt8], _ opacity: [UInt8]?) -> [UInt8] {
        let bands = plan.colorBands.count, (r, g, b) = (plan.channels[0], plan.channels[1], plan.channels[2])
        let channels = channelCount, count = values.count / bands
        let nodata = plan.nodata?.map { UInt8(exactly: $0) }
        return [UInt8](unsafeUninitializedCapacity: count * channels) { out, filled in
            values.withUnsafeBufferPointer { values in
                for pixel in 0..<count {
                    let from = pixel * bands, to = pixel * channels
                    var valid = opacity?[pixel] ?? 255
                    if let nodata, nodata.indices.allSatisfy({ nodata[$0] == values[from + $0] }) { valid = 0 }
                    out[to] = valid == 0 ? 0 : values[from + r]
                    out[to + 1] = valid == 0 ? 0 : values[from + g]
                    out[to + 2] = valid == 0 ? 0 : values[from + b]
                    if channels == 4 { out[to + 3] = valid }
                }
            }
            filled = count * channels
        }
    }

    private func colored(_ indices: [UInt8], _ opacity: [UInt8]?) -> [UInt8] {
        let palette = plan.palette ?? [], nodata = plan.nodata?.first, channels = channelCount
        var out = [UInt8](repeating: 0, count: indices.count * channels)
        for (pixel, index) in indices.enumerated() where Double(index) != nodata && opacity?[pixel] != 0 {
            // An index beyond the palette has no colour: it stays invalid, or black where nothing can be.
            guard Int(index) < palette.count, channels == 3 || palette[Int(index)][3] > 0 else { continue }
            for channel in 0..<3 { out[pixel * channels + channel] = palette[Int(index)][channel] }
            if channels == 4 { out[pixel * channels + 3] = opacity?[pixel] ?? 255 }
        }
        return out
    }

    private func stretched<Value: BinaryFloatingPoint>(_ values: [Value], _ opacity: [UInt8]?) -> [UInt8] {
        let bands = plan.colorBands.count, channels = channelCount, count = values.count / bands
        let order = plan.channels, test = ValidityTest<Value>(plan.nodata, bands: bands)
        let low = stretches.map { Value($0.low) }, scale = stretches.map { Value(255 / ($0.high - $0.low)) }
        var out = [UInt8](repeating: 0, count: count * channels)
        for pixel in 0..<count {
            let from = pixel * bands, alpha = opacity?[pixel] ?? 255
            guard alpha > 0, test.isValid(values, at: from) else { continue }
            for channel in 0..<3 {
                let band = order[channel], value = (values[from + band] - low[band]) * scale[band]
                // The comparison is false for NaN too, which then stays 0.
                if value > 0 { out[pixel * channels + channel] = value >= 255 ? 255 : UInt8(value + 0.5) }
            }
            if channels == 4 { out[pixel * channels + 3] = alpha }
        }
        return out
    }
}

/// Tells by a pixel's values whether it is valid: at least one colour band holds a real value.
struct ValidityTest<Value: BinaryFloatingPoint> {
    private let nodata: [Value]
    private let bands: Int

    init(_ nodata: [Double]?, bands: Int) {
        self.nodata = (nodata ?? Array(repeating: .nan, count: bands)).map { Value($0) }
        self.bands = bands
    }

    func isValid(_ values: [Value], at start: Int) -> Bool {
        for band in 0..<bands where isReal(values[start + band], band) { return true }
        return false
    }

    /// Not NaN, not infinite, not the nodata value, and not one of the huge numbers that programs write for
    /// "nothing" and that headers repeat with too few digits to compare equal.
    func isReal(_ value: Value, _ band: Int) -> Bool { value.magnitude < 1e37 && value != nodata[band] }
}
