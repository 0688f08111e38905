import Failures

/// What pixels told that the header did not.
struct PixelFindings: Equatable {
    /// A last band that nobody called alpha but that holds only off and on.
    var unmarkedAlpha: Int?
    /// The value of a border around the survey that no header declares.
    var collar: Double?
}

extension RasterSource {
    /// Metadata that we write into a standard file: what is black at its edge is ground, no collar is left in it.
    static let settledKey = "DEADTREES_VALIDITY"

    /// Completes the plan from bounded samples of the whole image: opacity that is not marked, collars, stretches.
    /// - Throws: `raster_empty` when the file holds no pixels, or no valid one for stretching to go by.
    mutating func settle() throws -> PixelFindings {
        guard raster.driver != "GTiff" || hasAnyBlock else { throw Failure.rasterAllInvalid(raster.name) }
        var findings = PixelFindings()
        if try findUnmarkedAlpha() {
            findings.unmarkedAlpha = bands.count
            plan.takeAlpha(bands.count)
        }
        plan.alphaIsOnOff = try isAlphaOnOff()
        if lacksValidity, let value = try findCollar() {
            findings.collar = value
            plan.nodata = Array(repeating: value, count: plan.colorBands.count)
        }
        if let bits = usedBits, bits < 8, type == .uint8 {
            stretches = plan.colorBands.map { _ in Stretch(low: 0, high: Double(1 << bits) - 1) }
        } else if !isByte {
            stretches = try estimateStretches()
            if bands[0].isWhiteZero { stretches = stretches.map { Stretch(low: $0.high, high: $0.low) } }
        }
        tones = ToneTables(stretches, of: type)
        return findings
    }

    private var lacksValidity: Bool {
        plan.alpha == nil && !plan.usesMask && plan.nodata == nil && plan.palette == nil
            && raster.metadataItem(Self.settledKey) == nil
    }

    /// Some programs write grey or colours and opacity without saying what the last band is.
    private func findUnmarkedAlpha() throws -> Bool {
        let last = bands.count, opaque: Double = type == .uint8 ? 255 : 65_535
        guard [2, 4, 5].contains(last), isByte || type == .uint16, plan.alpha == nil, !plan.usesMask,
            plan.nodata == nil, plan.palette == nil, [.undefined, .other].contains(bands[last - 1].color)
        else { return false }
        return try holdsOnly(opaque, band: last)
    }

    /// Whether 8-bit opacity means 0 and 1, not 0 and 255.
    private func isAlphaOnOff() throws -> Bool {
        guard isByte, let alpha = plan.alpha else { return false }
        return try holdsOnly(1, band: alpha)
    }

    /// The samples of a band are 0 or `value`, and not all 0. Begins in the middle, where a survey has its ground.
    private func holdsOnly(_ value: Double, band: Int) throws -> Bool {
        let windows = SampleGrid.windows(width: raster.width, height: raster.height), middle = windows.count / 2
        var isSeen = false
        for window in windows[middle...] + windows[..<middle] {
            for sample in try raster.read(window, as: Double.self, bands: [band]) where sample != 0 {
                guard sample == value else { return false }
                isSeen = true
            }
        }
        return isSeen
    }

    /// A value that fills at least one corner and 30 % of the edges, alike in all colour bands, and that
    /// programs are known to write for "nothing". Anything else at the edge is ground.
    private func findCollar() throws -> Double? {
        let count = plan.colorBands.count
        var counts: [Double: Int] = [:], total = 0
        for window in SampleGrid.edges(width: raster.width, height: raster.height) {
            let values = try values(window, as: Double.self)
            for start in stride(from: 0, to: values.count, by: count) {
                total += 1
                let value = values[start]
                guard isPlausibleCollar(value), values[start..<start + count].allSatisfy({ $0 == value }) else {
                    continue
                }
                counts[value, default: 0] += 1
            }
        }
        guard let most = counts.max(by: { $0.value < $1.value }), most.value * 10 > total * 3 else { return nil }
        return try fillsACorner(most.key) ? most.key : nil
    }

    private func fillsACorner(_ value: Double) throws -> Bool {
        for (x, y) in [(0, 0), (raster.width - 1, 0), (0, raster.height - 1), (raster.width - 1, raster.height - 1)] {
            let corner = try values(PixelWindow(x: x, y: y, width: 1, height: 1), as: Double.self)
            if corner.allSatisfy({ $0 == value }) { return true }
        }
        return false
    }

    private func isPlausibleCollar(_ value: Double) -> Bool {
        if value == 0 || value == largestValue { return true }
        return [-999, -9999, -10_000, -99_999, -32_767, -32_768].contains(value)
            || (value < 0 && value == type.range?.lowerBound)
    }

    /// From a grid over the whole image; where it hits too few valid pixels, from a finer one; at last from the first
    /// that a walk finds.
    private func estimateStretches() throws -> [Stretch] {
        let count = plan.colorBands.count, enough = 1_000 * count
        var samples = try validSamples(SampleGrid.windows(width: raster.width, height: raster.height))
        if samples.count < enough {
            samples = try validSamples(
                SampleGrid.windows(width: raster.width, height: raster.height, perSide: 48, size: 32))
        }
        if samples.isEmpty {
            for window in tiles() where samples.count < enough { samples += try validSamples([window]) }
        }
        guard !samples.isEmpty else { throw Failure.rasterAllInvalid(raster.name) }
        return (0..<count).map { band in
            let values = stride(from: band, to: samples.count, by: count).map { samples[$0] }
            return Stretch(percentilesOf: values.filter { !$0.isNaN }, isFloat: type.isFloat)
        }
    }

    /// The values of valid pixels, pixel-interleaved; a single invalid band of a valid pixel is NaN.
    private func validSamples(_ windows: [PixelWindow]) throws -> [Double] {
        let count = plan.colorBands.count, test = ValidityTest<Double>(plan.nodata, bands: count)
        var samples: [Double] = []
        for window in windows {
            let values = try values(window, as: Double.self), opacity = try opacity(window)
            for pixel in 0..<values.count / count where opacity?[pixel] != 0 {
                guard test.isValid(values, at: pixel * count) else { continue }
                for band in 0..<count {
                    let value = values[pixel * count + band]
                    samples.append(test.isReal(value, band) ? value : .nan)
                }
            }
        }
        return samples
    }
}
