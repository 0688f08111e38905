import CGDAL

/// The process-wide state of GDAL: drivers and settings, set once before the first call.
///
/// Only the drivers that we use are registered: one that is absent (WMS, HTTP, PDF …) cannot be reached by a
/// hostile file. VRT is here because the COG driver writes through it; `RasterDataset` sees to it that no input
/// leads there.
enum GDALLibrary {
    /// Touch this before anything else of GDAL. Initialised once, by whichever thread comes first.
    static let ready: Void = {
        for (name, value) in settings { CPLSetConfigOption(name, value) }
        // Errors are collected per call by `gdal(_:)`; other threads of GDAL must not write to our stderr.
        CPLSetErrorHandler(CPLQuietErrorHandler)
        GDALRegister_GTiff()
        GDALRegister_COG()
        GDALRegister_VRT()
        GDALRegister_MEM()
        GDALRegister_JPEG()
        GDALRegister_PNG()
        GDALRegister_Zarr()
        RegisterOGRGeoPackage()
    }()

    /// Source: https://gdal.org/user/configoptions.html
    private static let settings = [
        ("GDAL_CACHEMAX", "256"),  // MiB of decoded blocks, for all datasets together
        ("GDAL_DISABLE_READDIR_ON_OPEN", "EMPTY_DIR"),
        ("CPL_VSIL_CURL_ALLOWED_FILENAME", "none"),  // no reading over the network
        ("GDAL_VRT_ENABLE_PYTHON", "NO"),
        ("GDAL_VRT_ENABLE_RAWRASTERBAND", "NO"),
        ("GDAL_TIFF_INTERNAL_MASK", "YES"),
        ("GDAL_PAM_ENABLED", "YES"),
        ("GTIFF_SRS_SOURCE", "EPSG"),  // the EPSG code wins where a file's own parameters contradict it
        ("OSR_DEFAULT_AXIS_MAPPING_STRATEGY", "TRADITIONAL_GIS_ORDER"),
        ("PROJ_NETWORK", "OFF"),
        ("OGR_SQLITE_JOURNAL", "MEMORY"),
    ]

    /// Lets the cache of decoded blocks hold a block of this size, all bands, and a second one. Without room for it GDAL
    /// decodes a large block again for every window that is read of it. The cache never shrinks.
    static func makeRoom(forBlock bytes: Int) {
        if cacheBytes < 2 * bytes { GDALSetCacheMax64(GIntBig(2 * bytes)) }
    }

    /// What the cache of decoded blocks may take.
    static var cacheBytes: Int { Int(GDALGetCacheMax64()) }

    /// The version of the linked library, e.g. `3.6.2`.
    static var version: String { String(cString: GDALVersionInfo("RELEASE_NAME")) }
}
