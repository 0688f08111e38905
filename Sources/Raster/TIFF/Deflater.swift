import CLibDeflate
import Failures

/// Compresses by DEFLATE in zlib's wrapping, as TIFF wants it; one thread's own.
final class Deflater {
    private let compressor: OpaquePointer
    private var buffer: [UInt8] = []

    /// - Parameter level: 1 is the fastest, 12 the smallest.
    init(level: Int32) throws {
        guard let made = libdeflate_alloc_compressor(level) else {
            throw Failure.rasterNotWritten("the raster", detail: "no memory for a compressor")
        }
        compressor = made
    }

    deinit { libdeflate_free_compressor(compressor) }

    /// Compresses and hands the result to `use`, whose memory is only lent.
    func compress<Result>(
        _ bytes: UnsafeRawBufferPointer, _ use: (UnsafeRawBufferPointer) throws -> Result
    ) throws -> Result {
        let bound = libdeflate_zlib_compress_bound(compressor, bytes.count)
        if buffer.count < bound { buffer = [UInt8](repeating: 0, count: bound) }
        let size = buffer.withUnsafeMutableBytes {
            libdeflate_zlib_compress(compressor, bytes.baseAddress, bytes.count, $0.baseAddress, $0.count)
        }
        guard size > 0 else { throw Failure.rasterNotWritten("the raster", detail: "a tile could not be compressed") }
        return try buffer.withUnsafeBytes { try use(UnsafeRawBufferPointer(rebasing: $0[..<size])) }
    }
}
