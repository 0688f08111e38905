import CGDAL
import Failures

/// A coordinate system, always in the order x/east/longitude before y/north/latitude.
public struct CoordinateSystem: ~Copyable {
    let handle: OGRSpatialReferenceH

    /// - Throws: `crs_unknown` when PROJ's database has no such code.
    public init(epsg: Int) throws {
        _ = GDALLibrary.ready
        let new: OGRSpatialReferenceH = OSRNewSpatialReference(nil)
        let code = gdalQuietly { OSRImportFromEPSG(new, Int32(clamping: epsg)) }
        guard code == OGRERR_NONE else {
            OSRDestroySpatialReference(new)
            throw Failure.crsUnknown("EPSG:\(epsg)")
        }
        self.init(owning: new)
    }

    /// - Throws: `crs_unknown` when the text is not a coordinate system in WKT.
    public init(wkt: String) throws {
        _ = GDALLibrary.ready
        let new: OGRSpatialReferenceH = OSRNewSpatialReference(nil)
        var text = Array(wkt.utf8CString)
        let code = gdalQuietly {
            text.withUnsafeMutableBufferPointer { buffer in
                var cursor = buffer.baseAddress
                return OSRImportFromWkt(new, &cursor)
            }
        }
        guard code == OGRERR_NONE else {
            OSRDestroySpatialReference(new)
            throw Failure.crsUnknown(String(wkt.prefix(60)))
        }
        self.init(owning: new)
    }

    /// - Throws: `crs_unknown` when the text is not a coordinate system in PROJ's notation (`+proj=…`).
    public init(proj: String) throws {
        _ = GDALLibrary.ready
        let new: OGRSpatialReferenceH = OSRNewSpatialReference(nil)
        guard gdalQuietly({ OSRImportFromProj4(new, proj) }) == OGRERR_NONE else {
            OSRDestroySpatialReference(new)
            throw Failure.crsUnknown(String(proj.prefix(60)))
        }
        self.init(owning: new)
    }

    init(cloning other: OGRSpatialReferenceH) { self.init(owning: OSRClone(other)) }

    private init(owning handle: OGRSpatialReferenceH) {
        self.handle = handle
        OSRSetAxisMappingStrategy(handle, OAMS_TRADITIONAL_GIS_ORDER)
    }

    deinit { OSRDestroySpatialReference(handle) }

    public var isGeographic: Bool { OSRIsGeographic(handle) != 0 }
    public var isProjected: Bool { OSRIsProjected(handle) != 0 }
    /// A horizontal system with a height system added.
    public var isCompound: Bool { OSRIsCompound(handle) != 0 }
    /// With its origin in the middle of the earth and a third axis.
    public var isGeocentric: Bool { OSRIsGeocentric(handle) != 0 }
    /// A full circle in the units of a geographic system: 360 for degrees, 400 for grads.
    public var fullCircle: Double? {
        guard isGeographic else { return nil }
        let unit = OSRGetAngularUnits(handle, nil)
        return unit > 0 ? 2 * Double.pi / unit : nil
    }
    /// An engineering system: metres from somewhere that only its owner knows.
    public var isLocal: Bool { OSRIsLocal(handle) != 0 }

    public var name: String { OSRGetName(handle).map { String(cString: $0) } ?? "" }

    /// The EPSG code of the horizontal system, where the system names one.
    public var epsg: Int? {
        let found = gdalQuietly { OSRGetAuthorityName(handle, nil).map { String(cString: $0) } }
        guard found == "EPSG", let code = OSRGetAuthorityCode(handle, nil) else { return nil }
        return Int(String(cString: code))
    }

    public var wkt: String {
        var text: UnsafeMutablePointer<CChar>?
        let options = StringList(["FORMAT=WKT2_2019"])
        defer { VSIFree(text) }
        let code = gdalQuietly {
            OSRExportToWktEx(
                handle, &text, options.constPointer)
        }
        return code == OGRERR_NONE ? text.map { String(cString: $0) } ?? "" : ""
    }

    /// The horizontal part alone.
    public func withoutHeights() -> CoordinateSystem {
        let copy = CoordinateSystem(cloning: handle)
        _ = gdalQuietly { OSRStripVertical(copy.handle) }
        return copy
    }

    public func isSame(as other: borrowing CoordinateSystem) -> Bool {
        let theirs = other.handle
        return OSRIsSame(handle, theirs) != 0
    }
}
