import CGDAL
import Failures
import Foundation

/// An open raster file: one owner of one GDAL dataset, used by one thread at a time.
///
/// What was written is only safe after `close()` returned: flushing can fail. `deinit` closes too, but has
/// nobody to tell.
public struct RasterDataset: ~Copyable {
    let handle: GDALDatasetH

    init(owning handle: GDALDatasetH) { self.handle = handle }

    deinit { gdalQuietly { GDALClose(handle) } }

    /// Opens a raster for reading.
    /// - Parameters:
    ///   - path: a file on this machine; names of GDAL's virtual file systems (`/vsi…`) are refused.
    ///   - drivers: the formats that are tried, by GDAL's short names. A file in any other format, whatever its
    ///     name, is refused.
    ///   - options: open options of the driver, e.g. `OVERVIEW_LEVEL=0`.
    /// - Throws: `raster_not_readable` when no allowed driver knows the file or its structure is damaged.
    public init(opening path: String, drivers: [String] = ["GTiff"], options: [String] = []) throws {
        _ = GDALLibrary.ready
        let name = WholeFile.finalName(of: path)
        guard !path.hasPrefix("/vsi") else { throw Failure.rasterNotLocal(name) }
        guard FileManager.default.isReadableFile(atPath: path) else { throw Failure.rasterMissing(name) }
        let allowed = StringList(drivers), siblings = StringList(Self.sidecars(of: path)), list = StringList(options)
        let flags = UInt32(GDAL_OF_RASTER | GDAL_OF_READONLY | GDAL_OF_VERBOSE_ERROR)
        let unreadable: (String) -> Failure = {
            $0.contains("missing codec")
                ? .rasterCompression(name, detail: $0) : .rasterNotReadable(name, formats: drivers, detail: $0)
        }
        let opened = try gdal(unreadable, isHarmless: Self.isAboutXML) {
            GDALOpenEx(
                path, flags, allowed.constPointer, list.constPointer, siblings.constPointer)
        }
        // Before anything asks for overviews: GDAL would open whatever file (or inline VRT) this names.
        guard GDALGetMetadataItem(opened, "OVERVIEW_FILE", "OVERVIEWS") == nil else {
            gdalQuietly { GDALClose(opened) }
            throw Failure.rasterRefersElsewhere(name)
        }
        handle = opened
    }

    /// Creates a raster of zeros.
    /// - Parameters:
    ///   - driver: `GTiff`, or `MEM` (then `path` is only a label).
    ///   - options: creation options of the driver, e.g. `TILED=YES`.
    public init(
        creating path: String, driver: String = "GTiff", width: Int, height: Int, bands: Int,
        type: PixelType = .uint8, options: [String] = []
    ) throws {
        _ = GDALLibrary.ready
        let name = WholeFile.finalName(of: path)
        let list = StringList(options)
        handle = try gdal({ .rasterNotWritten(name, detail: $0) }) {
            GDALCreate(
                GDALGetDriverByName(driver), path, Int32(width), Int32(height), Int32(bands), type.code, list.pointer)
        }
    }

    /// Flushes and closes. After a throw the file must not be used.
    public consuming func close() throws {
        let (handle, name) = (self.handle, self.name)
        discard self
        try gdal({ .rasterNotWritten(name, detail: $0) }) { GDALClose(handle) }
    }

    /// The file's own name, for sentences.
    var name: String { WholeFile.finalName(of: String(cString: GDALGetDescription(handle))) }

    // Properties, not methods: the compiler (6.3) crashes on a method of a noncopyable type used as a value.

    /// Makes GDAL's messages the failure of a write.
    var unwritten: (String) -> Failure {
        let name = name
        return { .rasterNotWritten(name, detail: $0) }
    }

    /// Makes GDAL's messages the failure of a read.
    var damaged: (String) -> Failure {
        let name = name
        return { .rasterNotRead(name, detail: $0) }
    }

    /// The side files that belong to a GeoTIFF; GDAL looks at no others. It would open masks and overviews with any
    /// driver, so they must be TIFF themselves.
    private static func sidecars(of path: String) -> [String] {
        let name = URL(fileURLWithPath: path).lastPathComponent
        let images = [".msk", ".ovr", ".msk.ovr"].filter { isTIFF(path + $0) }
        let notes = [".aux.xml"].filter { FileManager.default.fileExists(atPath: path + $0) }
        let stem = URL(fileURLWithPath: path).deletingPathExtension()
        // World files: six numbers that say where the pixels lie.
        let places = ["tfw", "TFW", "tifw", "wld"].map { stem.appendingPathExtension($0) }
            .filter { FileManager.default.fileExists(atPath: $0.path) }
        return [name] + (images + notes).map { name + $0 } + places.map(\.lastPathComponent)
    }

    /// GDAL's XML parser on metadata that some program wrote badly; the image needs none of it.
    private static func isAboutXML(_ message: String) -> Bool {
        message.hasPrefix("Parse error") || message.hasPrefix("Line ")
    }

    private static func isTIFF(_ path: String) -> Bool {
        guard let file = FileHandle(forReadingAtPath: path) else { return false }
        defer { try? file.close() }  // nothing was written
        let start = (try? file.read(upToCount: 4)).map { Array($0) } ?? []  // what cannot be read is no side file
        return [[0x49, 0x49, 42, 0], [0x4d, 0x4d, 0, 42], [0x49, 0x49, 43, 0], [0x4d, 0x4d, 0, 43]].contains(start)
    }
}
