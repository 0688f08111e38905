import Failures

/// What pixels told that the header did not.
struct PixelFindings: Equatable {
    /// A fourth band that nobody called alpha but that holds only off and on.
    var unmarkedAlpha: Int?
    /// The value of a border around the survey that no header declares.
    var collar: Double?
}

extension RasterSource {
    /// Metadata that we write into a standard file: what is black at its edge is ground, no collar is left in it.
    static let settledKey = "DEADTREES_VALIDITY"

    /// Completes the plan from bounded samples of the whole image: opacity that is not marked, collars, stretches.
    /// - Throws: `raster_empty` when no pixel is valid and stretching has nothing to go by.
    mutating func settle() throws -> PixelFindings {
        var findings = PixelFindings()
        if try findUnmarkedAlpha() {
            findings.unmarkedAlpha = 4
            plan.alpha = 4
        }
        if lacksValidity, let value = try findCollar() {
            findings.collar = value
            plan.nodata = Array(repeating: value, count: plan.colorBands.count)
        }
        if !isByte { stretches = try estimateStretches() }
        tones = ToneTables(stretches, of: type)
        return findings
    }

    private var lacksValidity: Bool {
        plan.alpha == nil && !plan.usesMask && plan.nodata == nil && plan.palette == nil
            && raster.metadataItem(Self.settledKey) == nil
    }

    /// Some programs write red, green, blue and opacity without saying what the fourth is.
    private func findUnmarkedAlpha() throws -> Bool {
        let opaque: Double = type == .uint8 ? 255 : 65_535
        guard bands.count == 4, type == .uint8 || type == .uint16, plan.alpha == nil, !plan.usesMask,
            plan.nodata == nil, bands[3].color == .undefined || bands[3].color == .other
        else { return false }
        var sawOpaque = false
        for window in SampleGrid.windows(width: raster.width, height: raster.height) {
            for value in try raster.read(window, as: Double.self, bands: [4]) where value != 0 {
                guard value == opaque else { return false }
                sawOpaque = true
            }
        }
        return sawOpaque
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
        if [-999, -9999, -32_767, -32_768].contains(value) || value == 0 { return true }
        return switch type {
        case .uint8: value == 255
        case .uint16: value == 65_535
        case .int16: value == 32_767
        default: false
        }
    }

    /// From the grid; where that hits no valid pixel, from the first that a walk over the whole image finds.
    private func estimateStretches() throws -> [Stretch] {
        var samples = try validSamples(SampleGrid.windows(width: raster.width, height: raster.height))
        if samples.isEmpty {
            for window in tiles() where samples.isEmpty { samples = try validSamples([window]) }
        }
        guard !samples.isEmpty else { throw Failure.rasterAllInvalid(raster.name) }
        let count = plan.colorBands.count
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
