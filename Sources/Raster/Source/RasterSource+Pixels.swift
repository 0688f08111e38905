/// Reading any raster as 8-bit colour by the plan: the one place where sample types, band order, palettes,
/// stretches and every kind of validity meet. All steps read through it.
extension RasterSource {
    /// Whether a pixel can be invalid at all; if none can, all come out with an alpha of 255.
    var hasValidity: Bool {
        type.isFloat || plan.alpha != nil || plan.usesMask || plan.nodata != nil
            || plan.palette?.contains { $0[3] == 0 } == true
    }

    /// Of the standard copy.
    var channelCount: Int { hasValidity ? 4 : 3 }

    /// Reads a window as RGBA; an invalid pixel is zero in every channel.
    func read(_ window: PixelWindow, into image: RGBAImage) throws {
        try read(window, into: image, columns: window.width, rows: window.height)
    }

    /// The same at another resolution, for pictures that fit into memory several times over: a pixel that nobody
    /// reads is skipped, and overviews are used where the file has them.
    func read(_ window: PixelWindow, into image: RGBAImage, columns: Int, rows: Int) throws {
        image.resize(width: columns, height: rows)
        if isByte, plan.palette == nil {
            try readBytes(window, into: image)
        } else if window.height == rows {
            try inSlabs(window) { slab in try convert(slab, slab.height, into: image, from: slab.y - window.y) }
        } else {
            try convert(window, rows, into: image, from: 0)
        }
    }

    /// Values take several times the memory of the pixels that they become, so there are never many at once.
    private func inSlabs(_ window: PixelWindow, _ body: (PixelWindow) throws -> Void) rethrows {
        let height = max(1, (1 << 20) / window.width)
        for y in stride(from: window.y, to: window.y + window.height, by: height) {
            let rows = min(height, window.y + window.height - y)
            try body(PixelWindow(x: window.x, y: y, width: window.width, height: rows))
        }
    }

    /// What needs no conversion is read to its place.
    private func readBytes(_ window: PixelWindow, into image: RGBAImage) throws {
        let colors = plan.channels.map { plan.colorBands[$0] }, memory = image.bytes.baseAddress
        try raster.read(
            window, to: memory, outWidth: image.width, outHeight: image.height,
            bands: colors + (plan.alpha.map { [$0] } ?? []), spacing: 4)
        if plan.alpha == nil, plan.usesMask {
            try raster.readMask(
                band: 1, window, to: memory.map { $0 + 3 }, outWidth: image.width, outHeight: image.height, spacing: 4)
        }
        settle(image.words)
    }

    /// Gives pixels without an opacity of their own full opacity, and clears the invalid ones.
    private func settle(_ pixels: UnsafeMutableBufferPointer<UInt32>) {
        let opaque: UInt32 = plan.alpha == nil && !plan.usesMask ? 0xff00_0000 : 0
        let nodata = plan.nodata.map { values in
            plan.channels.enumerated().reduce(UInt32(0)) {
                $0 | UInt32(UInt8(clamping: Int(values[$1.element]))) << UInt32(8 * $1.offset)
            }
        }
        // A colour that no pixel has: more than 24 bits.
        let none = nodata ?? .max
        let isOnOff = plan.alphaIsOnOff
        for index in pixels.indices {
            var pixel = UInt32(littleEndian: pixels[index]) | opaque
            if isOnOff, pixel & 0xff00_0000 != 0 { pixel |= 0xff00_0000 }
            let isInvalid = pixel & 0xff00_0000 == 0 || pixel & 0x00ff_ffff == none
            pixels[index] = (isInvalid ? 0 : pixel).littleEndian
        }
    }

    /// Reads a window's values and turns them into the rows of the image that begin at `row`.
    private func convert(_ window: PixelWindow, _ rows: Int, into image: RGBAImage, from row: Int) throws {
        let columns = image.width
        let out = UnsafeMutableBufferPointer(rebasing: image.bytes[(row * columns * 4)...].prefix(rows * columns * 4))
        let opacity = try opacity(window, columns, rows)
        if isByte {
            let indices = try raster.read(window, outWidth: columns, outHeight: rows, bands: plan.colorBands)
            return color(indices, opacity, out)
        }
        if let tones {
            let values = try raster.read(
                window, as: UInt16.self, outWidth: columns, outHeight: rows, bands: plan.colorBands)
            return tones.apply(values, opacity, plan, out)
        }
        if type.fitsFloat {
            return stretch(try values(window, as: Float.self, columns, rows), opacity, out)
        }
        stretch(try values(window, as: Double.self, columns, rows), opacity, out)
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
            if isByte, !plan.alphaIsOnOff {
                return try raster.read(window, outWidth: outWidth, outHeight: outHeight, bands: [alpha])
            }
            let wide = try raster.read(
                window, as: Double.self, outWidth: outWidth, outHeight: outHeight, bands: [alpha])
            return wide.map { $0 > 0 ? 255 : 0 }
        }
        guard plan.usesMask else { return nil }
        return try raster.readMask(band: 1, window, outWidth: outWidth, outHeight: outHeight)
    }

    private func color(_ indices: [UInt8], _ opacity: [UInt8]?, _ out: UnsafeMutableBufferPointer<UInt8>) {
        let palette = plan.palette ?? [], nodata = plan.nodata?.first
        // An index beyond the palette has no colour: it stays invalid, or black where nothing can be.
        let missing: [UInt8] = hasValidity ? [0, 0, 0, 0] : [0, 0, 0, 255]
        let colors = (0...255).map { index -> [UInt8] in
            if Double(index) == nodata { return [0, 0, 0, 0] }
            guard index < palette.count, palette[index][3] > 0 || !hasValidity else { return missing }
            return palette[index].prefix(3) + [255]
        }
        for (pixel, index) in indices.enumerated() {
            let isInvalid = opacity?[pixel] == 0, color = colors[Int(index)]
            for channel in 0..<3 { out[pixel * 4 + channel] = isInvalid ? 0 : color[channel] }
            out[pixel * 4 + 3] = color[3] == 0 ? 0 : opacity?[pixel] ?? 255
        }
    }

    private func stretch<Value: BinaryFloatingPoint>(
        _ values: [Value], _ opacity: [UInt8]?, _ out: UnsafeMutableBufferPointer<UInt8>
    ) {
        let bands = plan.colorBands.count, order = plan.channels
        let test = ValidityTest<Value>(plan.nodata, bands: bands)
        let low = stretches.map { Value($0.low) }, scale = stretches.map { Value(255 / ($0.high - $0.low)) }
        out.update(repeating: 0)
        for pixel in 0..<values.count / bands {
            let from = pixel * bands, alpha = opacity?[pixel] ?? 255
            guard alpha > 0, test.isValid(values, at: from) else { continue }
            for channel in 0..<3 {
                let band = order[channel], value = (values[from + band] - low[band]) * scale[band]
                // The comparison is false for NaN too, which then stays 0.
                if value > 0 { out[pixel * 4 + channel] = value >= 255 ? 255 : UInt8(value + 0.5) }
            }
            out[pixel * 4 + 3] = alpha
        }
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
