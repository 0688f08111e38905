import CPixels
import Testing

@testable import Raster

/// The loops in C beside the same rules written down plainly.
@Suite struct PixelKernelTests {
    /// Noise, of which about one pixel in `holes` is invalid; none for 0.
    private func noise(_ width: Int, _ height: Int, holes: UInt64 = 0, seed: UInt64 = 1) -> RGBAImage {
        let image = RGBAImage(width: width, height: height)
        var state = seed
        for index in image.words.indices {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let isHole = holes > 0 && (state >> 40) % holes == 0
            image.words[index] = isHole ? 0 : UInt32(truncatingIfNeeded: state >> 16) | 0xff00_0000
        }
        return image
    }

    private func image(_ image: RGBAImage) -> pixels_image {
        pixels_image(pixels: image.bytes.baseAddress, width: Int32(image.width), height: Int32(image.height))
    }

    private func resample(_ source: RGBAImage, _ kernel: CubicKernel, _ path: pixels_path, _ count: Int) -> [UInt8] {
        var out = [UInt8](repeating: 9, count: count * 4)
        kernel.withKernel { pixels_resample_row(image(source), $0, $0, path, Int32(count), &out) }
        return out
    }

    @Test(arguments: [(1.0, 0.83), (1.0, 1.04), (1.4, 1.4), (2.7, 2.7), (3.9, 3.9)])
    func resamplesLikeTheFormula(ratio: Double, step: Double) throws {
        let source = noise(300, 40), kernel = try #require(CubicKernel(ratio: ratio))
        let path = pixels_path(x: 10.3, y: 17.6, dx: step, dy: 0.03)
        let count = 64, out = resample(source, kernel, path, count)
        let width = ratio > 1 / 0.95 ? ratio : 1
        for index in 0..<count {
            let x = path.x + Double(index) * path.dx - 0.5, y = path.y + Double(index) * path.dy - 0.5
            for channel in 0..<3 {
                let wanted = convolved(source, x, y, channel, width)
                // 256 phases are told apart, and noise is as steep as pictures get.
                #expect(abs(Double(out[index * 4 + channel]) - wanted) <= 2.5, "pixel \(index)")
            }
            #expect(out[index * 4 + 3] == 255)
        }
    }

    private func convolved(_ source: RGBAImage, _ x: Double, _ y: Double, _ channel: Int, _ width: Double) -> Double {
        func weight(_ distance: Double) -> Double {
            let d = abs(distance) / width
            return d < 1 ? 1.5 * d * d * d - 2.5 * d * d + 1 : d < 2 ? -0.5 * d * d * d + 2.5 * d * d - 4 * d + 2 : 0
        }
        var sum = 0.0, weights = 0.0
        for row in max(0, Int(y) - 9)...min(source.height - 1, Int(y) + 9) {
            for column in max(0, Int(x) - 9)...min(source.width - 1, Int(x) + 9) {
                let w = weight(Double(column) - x) * weight(Double(row) - y)
                sum += w * Double(source.bytes[(row * source.width + column) * 4 + channel])
                weights += w
            }
        }
        return min(255, max(0, sum / weights))
    }

    @Test func aConstantPictureStaysConstantUpToItsEdges() throws {
        let source = RGBAImage(width: 20, height: 20), kernel = try #require(CubicKernel(ratio: 1))
        source.words.update(repeating: 0xff64_3219)
        let out = resample(source, kernel, pixels_path(x: -3.2, y: 0.1, dx: 0.37, dy: 0.3), 70)
        for index in 0..<70 {
            let x = -3.2 + 0.37 * Double(index), y = 0.1 + 0.3 * Double(index)
            let isInside = x >= 0 && y >= 0 && x < 20 && y < 20
            let pixel = Array(out[index * 4..<index * 4 + 4])
            // Half a phase on either side is rounding.
            guard [x, y].allSatisfy({ abs($0) > 0.004 && abs($0 - 20) > 0.004 }) else { continue }
            #expect(pixel == (isInside ? [0x19, 0x32, 0x64, 255] : [0, 0, 0, 0]), "at \(x), \(y)")
        }
    }

    @Test func invalidPixelsGiveNothingToTheirNeighbours() throws {
        let source = noise(80, 30, holes: 6), kernel = try #require(CubicKernel(ratio: 1))
        // Valid pixels have red from 100 to 120 only, so that anything of an invalid one would show.
        for index in source.words.indices where source.words[index] != 0 {
            source.bytes[index * 4] = 100 + source.bytes[index * 4] % 21
        }
        let out = resample(source, kernel, pixels_path(x: 4.1, y: 8.7, dx: 0.9, dy: 0.11), 80)
        for index in 0..<80 {
            let x = Int(4.1 + 0.9 * Double(index)), y = Int(8.7 + 0.11 * Double(index))
            let isValid = x < 80 && source.words[y * 80 + x] != 0
            #expect((out[index * 4 + 3] == 255) == isValid)
            // Cubic overshoots by up to an eighth of the contrast on each side, twice.
            if isValid { #expect((94...126).contains(out[index * 4])) }
        }
    }

    @Test func halvesByTheMeanOfWhatIsValid() {
        let source = noise(64, 32, holes: 4), half = RGBAImage(width: 32, height: 16)
        pixels_halve(image(source), half.bytes.baseAddress, 32 * 4)
        for y in 0..<16 {
            for x in 0..<32 {
                let four = [(0, 0), (1, 0), (0, 1), (1, 1)].map { (y * 2 + $0.1) * 64 + x * 2 + $0.0 }
                let valid = four.filter { source.words[$0] != 0 }, pixel = (y * 32 + x) * 4
                #expect(half.bytes[pixel + 3] == (valid.isEmpty ? 0 : 255))
                for channel in 0..<3 where !valid.isEmpty {
                    let sum = valid.reduce(0) { $0 + Int(source.bytes[$1 * 4 + channel]) }
                    #expect(Int(half.bytes[pixel + channel]) == (sum + valid.count / 2) / valid.count)
                }
            }
        }
    }

    @Test func tellsWhetherAPictureHasHoles() {
        let picture = noise(16, 16)
        #expect(pixels_cover(picture.bytes.baseAddress, 256).rawValue == PIXELS_ALL.rawValue)
        picture.words[255] = 0
        #expect(pixels_cover(picture.bytes.baseAddress, 256).rawValue == PIXELS_SOME.rawValue)
        picture.clear()
        #expect(pixels_cover(picture.bytes.baseAddress, 256).rawValue == PIXELS_NONE.rawValue)
    }
}
