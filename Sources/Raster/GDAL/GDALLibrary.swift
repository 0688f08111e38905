import CGDAL

/// The process-wide state of GDAL: drivers and settings, set once before the first call.
///
/// Only the drivers that we use are registered. GDAL opens side files (`.ovr`, `.msk`) with any driver it
/// knows, so a driver that is absent (VRT, WMS, HTTP …) cannot be reached by a hostile file.
enum GDALLibrary {
    /// Touch this before anything else of GDAL. Initialised once, by whichever thread comes first.
    static let ready: Void = {
        for (name, value) in settings { CPLSetConfigOption(name, value) }
        // Errors are collected per call by `gdal(_:)`; other threads of GDAL must not write to our stderr.
        CPLSetErrorHandler(CPLQuietErrorHandler)
        GDALRegister_GTiff()
        GDALRegister_COG()
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
        ("GDAL_TIFF_INTERNAL_MASK", "YES"),
        ("GDAL_PAM_ENABLED", "YES"),
        ("GTIFF_SRS_SOURCE", "EPSG"),  // the EPSG code wins where a file's own parameters contradict it
        ("OSR_DEFAULT_AXIS_MAPPING_STRATEGY", "TRADITIONAL_GIS_ORDER"),
        ("PROJ_NETWORK", "OFF"),
        ("OGR_SQLITE_JOURNAL", "MEMORY"),
    ]

    /// The version of the linked library, e.g. `3.6.2`.
    static var version: String { String(cString: GDALVersionInfo("RELEASE_NAME")) }
}
