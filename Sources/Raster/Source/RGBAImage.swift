/// A picture in memory: RGBA, 4 bytes a pixel, rows without gaps. Its memory is kept for the next picture, which is
/// what makes it a class; one thread uses it at a time.
final class RGBAImage {
    private(set) var width = 0
    private(set) var height = 0
    private var memory: UnsafeMutableRawBufferPointer

    init(width: Int = 0, height: Int = 0) {
        memory = .allocate(byteCount: max(1, width * height * 4), alignment: 64)
        resize(width: width, height: height)
    }

    deinit { memory.deallocate() }

    /// What it held before is lost.
    func resize(width: Int, height: Int) {
        (self.width, self.height) = (width, height)
        guard memory.count < width * height * 4 else { return }
        memory.deallocate()
        memory = .allocate(byteCount: width * height * 4, alignment: 64)
    }

    var pixelCount: Int { width * height }

    var bytes: UnsafeMutableBufferPointer<UInt8> {
        .init(start: memory.baseAddress?.assumingMemoryBound(to: UInt8.self), count: pixelCount * 4)
    }

    /// Red in the lowest byte, alpha in the highest.
    var words: UnsafeMutableBufferPointer<UInt32> {
        .init(start: memory.baseAddress?.assumingMemoryBound(to: UInt32.self), count: pixelCount)
    }

    /// Of pixels as `RasterSource` reads them: an invalid one is zero throughout.
    var validCount: Int { words.reduce(0) { $0 + ($1 == 0 ? 0 : 1) } }

    func clear() { words.update(repeating: 0) }
}
