import CGDAL

/// The type of a band's samples.
public enum PixelType: String, Codable, Sendable, CaseIterable {
    case uint8, uint16, int16, uint32, int32, uint64, int64, float32, float64
    case complexInt16, complexInt32, complexFloat32, complexFloat64

    private static let codes: [(PixelType, GDALDataType)] = [
        (.uint8, GDT_Byte), (.uint16, GDT_UInt16), (.int16, GDT_Int16), (.uint32, GDT_UInt32),
        (.int32, GDT_Int32), (.uint64, GDT_UInt64), (.int64, GDT_Int64), (.float32, GDT_Float32),
        (.float64, GDT_Float64), (.complexInt16, GDT_CInt16), (.complexInt32, GDT_CInt32),
        (.complexFloat32, GDT_CFloat32), (.complexFloat64, GDT_CFloat64),
    ]

    init?(code: GDALDataType) {
        guard let known = Self.codes.first(where: { $0.1 == code }) else { return nil }
        self = known.0
    }

    var code: GDALDataType { Self.codes.first { $0.0 == self }?.1 ?? GDT_Unknown }

    public var isFloat: Bool { self == .float32 || self == .float64 }
    /// Every value of the type, or for `float32` the type itself, is a `Float`.
    var fitsFloat: Bool { [.uint8, .uint16, .int16, .float32].contains(self) }
    public var isComplex: Bool { rawValue.hasPrefix("complex") }
    /// What whole numbers of the type can be (64 bits: as far as `Double` tells them apart); nil for all others.
    var range: ClosedRange<Double>? {
        switch self {
        case .uint8: 0...255
        case .uint16: 0...65_535
        case .int16: -32_768...32_767
        case .uint32: 0...4_294_967_295
        case .int32: -2_147_483_648...2_147_483_647
        case .uint64: 0...0x1p64
        case .int64: -0x1p63...0x1p63
        default: nil
        }
    }
    /// Bytes of one sample.
    public var byteCount: Int { Int(GDALGetDataTypeSizeBytes(code)) }
}

/// A Swift type that samples can be read as; GDAL converts, clamping to the type's range.
public protocol PixelSample: BitwiseCopyable, Sendable {
    static var pixelType: PixelType { get }
    static var zero: Self { get }
}
extension UInt8: PixelSample { public static var pixelType: PixelType { .uint8 } }
extension UInt16: PixelSample { public static var pixelType: PixelType { .uint16 } }
extension Int16: PixelSample { public static var pixelType: PixelType { .int16 } }
extension Int32: PixelSample { public static var pixelType: PixelType { .int32 } }
extension Float: PixelSample { public static var pixelType: PixelType { .float32 } }
extension Double: PixelSample { public static var pixelType: PixelType { .float64 } }

/// What a band means.
public enum ColorInterpretation: String, Codable, Sendable {
    case undefined, gray, palette, red, green, blue, alpha, other

    private static let codes: [(ColorInterpretation, GDALColorInterp)] = [
        (.undefined, GCI_Undefined), (.gray, GCI_GrayIndex), (.palette, GCI_PaletteIndex), (.red, GCI_RedBand),
        (.green, GCI_GreenBand), (.blue, GCI_BlueBand), (.alpha, GCI_AlphaBand),
    ]

    init(code: GDALColorInterp) { self = Self.codes.first { $0.1 == code }?.0 ?? .other }
    var code: GDALColorInterp { Self.codes.first { $0.0 == self }?.1 ?? GCI_Undefined }
}

/// How pixels are combined when the resolution changes.
public enum Resampling: String, Codable, Sendable {
    case nearest, bilinear, cubic, average

    var code: GDALRIOResampleAlg {
        switch self {
        case .nearest: GRIORA_NearestNeighbour
        case .bilinear: GRIORA_Bilinear
        case .cubic: GRIORA_Cubic
        case .average: GRIORA_Average
        }
    }
}

/// A rectangle of pixels; `x` and `y` count from the upper left corner.
public struct PixelWindow: Codable, Equatable, Sendable {
    public var x: Int
    public var y: Int
    public var width: Int
    public var height: Int

    public init(x: Int, y: Int, width: Int, height: Int) {
        self.x = x
        self.y = y
        self.width = width
        self.height = height
    }
}
