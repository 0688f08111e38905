import CLibZstd
import Failures

/// Compresses by Zstandard; one thread's own.
final class ZstdCompressor {
    /// The fastest: a sixth of the time of DEFLATE's fastest on orthophotos, and read three times as fast, for 5 % of size.
    static let level: Int32 = 1

    private let context: OpaquePointer
    private var buffer: [UInt8] = []

    init() throws {
        guard let made = ZSTD_createCCtx() else {
            throw Failure.rasterNotWritten("the raster", detail: "no memory for a compressor")
        }
        context = made
    }

    deinit { ZSTD_freeCCtx(context) }

    /// Compresses and hands the result to `use`, whose memory is only lent.
    func compress<Result>(
        _ bytes: UnsafeRawBufferPointer, _ use: (UnsafeRawBufferPointer) throws -> Result
    ) throws -> Result {
        let bound = ZSTD_compressBound(bytes.count)
        if buffer.count < bound { buffer = [UInt8](repeating: 0, count: bound) }
        let size = buffer.withUnsafeMutableBytes {
            ZSTD_compressCCtx(context, $0.baseAddress, $0.count, bytes.baseAddress, bytes.count, Self.level)
        }
        guard ZSTD_isError(size) == 0 else {
            throw Failure.rasterNotWritten("the raster", detail: String(cString: ZSTD_getErrorName(size)))
        }
        return try buffer.withUnsafeBytes { try use(UnsafeRawBufferPointer(rebasing: $0[..<size])) }
    }
}
