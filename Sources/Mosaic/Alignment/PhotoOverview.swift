/// A small grey copy of a photo, for finding the same ground in two of them.
struct PhotoOverview: Sendable {
    /// Columns of an overview: enough to tell crowns of trees apart, and little to decode.
    static let width = 480

    let pixels: PhotoPixels
    let projection: GroundProjection

    init(_ pixels: PhotoPixels, of photo: PlacedPhoto) {
        self.pixels = pixels
        projection = photo.projection.scaled(toWidth: pixels.width, height: pixels.height)
    }

    /// Grey values on a square lattice of ground points, row by row from the south-west.
    ///
    /// Points outside of the photo repeat its edge.
    func patch(at corner: SIMD2<Double>, step: Double, side: Int) -> [Float] {
        [Float](unsafeUninitializedCapacity: side * side) { values, count in
            pixels.bytes.withUnsafeBufferPointer { bytes in
                for row in 0..<side {
                    for column in 0..<side {
                        let point = corner + SIMD2(Double(column), Double(row)) * step
                        values[count] = gray(bytes, point)
                        count += 1
                    }
                }
            }
        }
    }

    /// Mean red, green, blue around a ground point.
    func color(around middle: SIMD2<Double>, radius: Double) -> SIMD3<Double> {
        var sum = SIMD3<Double>.zero
        for row in -3...3 {
            for column in -3...3 {
                let index = offset(middle + SIMD2(Double(column), Double(row)) * (radius / 3))
                sum += SIMD3(
                    Double(pixels.bytes[index]), Double(pixels.bytes[index + 1]), Double(pixels.bytes[index + 2]))
            }
        }
        return sum / 49
    }

    @inline(__always)
    private func gray(_ bytes: UnsafeBufferPointer<UInt8>, _ point: SIMD2<Double>) -> Float {
        let index = offset(point)
        return Float(bytes[index]) * 0.3 + Float(bytes[index + 1]) * 0.6 + Float(bytes[index + 2]) * 0.1
    }

    /// Where the nearest pixel begins.
    @inline(__always)
    private func offset(_ point: SIMD2<Double>) -> Int {
        let pixel = projection.pixel(east: point.x, north: point.y) ?? .zero
        let column = Int(min(max(pixel.x, 0), Double(pixels.width - 1)))
        let row = Int(min(max(pixel.y, 0), Double(pixels.height - 1)))
        return (row * pixels.width + column) * 4
    }
}
