import Failures
import Foundation

/// Rasters that cannot be put on a map.
extension Failure {
    static func rasterWithoutCRS(_ name: String) -> Failure {
        Failure(
            "raster_without_crs",
            "\(name) has a position but does not say in which coordinate system; export it again with its "
                + "coordinate system, e.g. EPSG:32632")
    }

    static func rasterWithoutPosition(_ name: String, crs: String) -> Failure {
        Failure(
            "raster_without_position",
            "\(name) names the coordinate system \(crs) but not where its pixels lie; export it again as GeoTIFF "
                + "with its georeference")
    }

    static func rasterNotGeoreferenced(_ name: String) -> Failure {
        Failure(
            "raster_not_georeferenced",
            "\(name) is not georeferenced: it has neither a coordinate system nor a position; export the orthophoto "
                + "as GeoTIFF with its coordinate system")
    }

    static func rasterLocalCRS(_ name: String, crs: String) -> Failure {
        Failure(
            "raster_local_crs",
            "\(name) uses a local coordinate system (\(crs.isEmpty ? "unnamed" : crs)) that has no known place on "
                + "the earth; export it in a standard system such as UTM or WGS 84")
    }

    static func rasterGeocentricCRS(_ name: String, crs: String) -> Failure {
        Failure(
            "raster_geocentric_crs",
            "\(name) uses \(crs.isEmpty ? "a coordinate system" : crs) with its origin in the middle of the earth, in "
                + "which no map lies flat; export it in a projected system such as UTM")
    }

    static func controlPointsInLine(_ name: String) -> Failure {
        Failure(
            "raster_control_points_in_line",
            "\(name) is placed by ground control points that lie in one line, which leaves its position open; export "
                + "it with a full georeference")
    }

    static func rasterRPCOnly(_ name: String) -> Failure {
        Failure(
            "raster_rpc_only",
            "\(name) carries only a camera model (RPC) and is not an orthophoto yet; orthorectify it and upload the "
                + "result")
    }

    static func tooFewControlPoints(_ name: String, count: Int) -> Failure {
        Failure(
            "raster_too_few_control_points",
            "\(name) is placed by only \(count) ground control point\(count == 1 ? "" : "s") and at least 3 are needed; "
                + "export it with a full georeference")
    }

    static func rasterNotWarped(_ name: String, detail: String) -> Failure {
        Failure(
            "raster_not_warped",
            "turning \(name) north-up by its rotation or its ground control points failed; export it north-up with a "
                + "full georeference", detail: detail)
    }

    static func rasterPixelsTooSmall(_ name: String, metres: Double, crs: String) -> Failure {
        Failure(
            "raster_pixels_too_small",
            "the pixels of \(name) would be \(String(format: "%.1e", metres)) m wide in its coordinate system \(crs); it "
                + "was probably assigned the wrong one (degrees taken for metres), export it again with the right one")
    }

    static func rasterOffWebMap(_ name: String) -> Failure {
        Failure(
            "raster_off_web_map",
            "\(name) lies beyond 85 degrees of latitude, where the web map (Web Mercator) shows nothing; no map tiles can "
                + "be made of it")
    }

    static func cogNotMade(_ name: String, detail: String) -> Failure {
        Failure("cog_not_made", "making the map tiles of \(name) failed", detail: detail, retry: .later)
    }

    static func rasterOffEarth(_ name: String, crs: String) -> Failure {
        Failure(
            "raster_off_earth",
            "the coordinates of \(name) lie outside of its coordinate system \(crs); it was probably assigned the "
                + "wrong one, export it again with the right one")
    }
}
