import CGDAL

/// Passes GDAL's progress on, monotone and in steps of at least half a percent (GDAL calls thousands of times).
final class ProgressSink {
    private let report: (Double) -> Void
    private var last = 0.0

    init(_ report: @escaping (Double) -> Void) { self.report = report }

    func update(_ fraction: Double) {
        guard fraction >= last + 0.005 || (fraction >= 1 && last < 1) else { return }
        last = min(fraction, 1)
        report(last)
    }

    /// The C callback; its context is an unretained `ProgressSink`.
    static let callback: GDALProgressFunc = { fraction, _, context in
        guard let context else { return 1 }
        Unmanaged<ProgressSink>.fromOpaque(context).takeUnretainedValue().update(fraction)
        return 1
    }

    var context: UnsafeMutableRawPointer { Unmanaged.passUnretained(self).toOpaque() }
}
