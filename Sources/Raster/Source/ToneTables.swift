/// The stretch of 16-bit values, looked up instead of computed: one byte for each of 65,536 values of each colour band.
struct ToneTables: Sendable {
    private let bytes: [UInt8]
    private static let size = 65_536

    /// - Returns: nil for a type that a table does not fit.
    init?(_ stretches: [Stretch], of type: PixelType) {
        guard type == .uint16, !stretches.isEmpty else { return nil }
        bytes = stretches.flatMap { stretch in
            let scale = 255 / Float(stretch.high - stretch.low), low = Float(stretch.low)
            return (0..<Self.size).map { value -> UInt8 in
                let tone = (Float(value) - low) * scale
                return tone >= 255 ? 255 : tone > 0 ? UInt8(tone + 0.5) : 0
            }
        }
    }

    /// Turns pixel-interleaved values of the colour bands into RGBA.
    func apply(
        _ values: [UInt16], _ opacity: [UInt8]?, _ plan: BandPlan, _ out: UnsafeMutableBufferPointer<UInt8>
    ) {
        let bands = plan.colorBands.count, (red, green, blue) = (plan.channels[0], plan.channels[1], plan.channels[2])
        // What the type cannot hold is the value of no pixel.
        let nodata = plan.nodata?.map { UInt16(exactly: $0).map(Int.init) ?? -1 } ?? Array(repeating: -1, count: bands)
        values.withUnsafeBufferPointer { values in
            bytes.withUnsafeBufferPointer { tones in
                for pixel in 0..<values.count / bands {
                    let from = pixel * bands, to = pixel * 4
                    var isValid = false
                    for band in 0..<bands where Int(values[from + band]) != nodata[band] { isValid = true }
                    let alpha = isValid ? opacity?[pixel] ?? 255 : 0
                    out[to] = alpha == 0 ? 0 : tones[red * Self.size + Int(values[from + red])]
                    out[to + 1] = alpha == 0 ? 0 : tones[green * Self.size + Int(values[from + green])]
                    out[to + 2] = alpha == 0 ? 0 : tones[blue * Self.size + Int(values[from + blue])]
                    out[to + 3] = alpha
                }
            }
        }
    }
}
