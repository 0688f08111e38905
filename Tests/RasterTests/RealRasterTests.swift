import Failures
import Foundation
import Raster
import Testing

/// Each real file of the shared data with the outcome that its facts demand.
@Suite(.enabled(if: SharedData.isThere)) struct RealRasterTests {
    let folder = TemporaryFolder()

    struct Expected: Sendable, CustomTestStringConvertible {
        var file: String
        var validity: StandardiseReport.Validity = .everywhere
        var colors = [1, 2, 3]
        var placement = StandardiseReport.Placement.northUp
        var epsg = 32615
        var standard = false
        var testDescription: String { file }
    }

    static let accepted = [
        Expected(file: "cog_valid_jpeg_mask_utm15n.tif", validity: .mask),
        Expected(file: "dsm_brighton_1m_float32_nodata-9999_utm15n.tif", validity: .declaredNodata, colors: [1, 1, 1]),
        Expected(file: "multispectral5_uint16_synthetic_nodata0.tif", validity: .declaredNodata),
        Expected(file: "ortho_brighton_sfm_5cm_rgba_utm15n.tif", validity: .alphaBand, standard: true),
        Expected(
            file: "real_rasterio_BGRA_uint16_epsg32612.tif", validity: .alphaBand, colors: [3, 2, 1], epsg: 32612),
        Expected(file: "real_rasterio_RGB_nodata0_epsg32618.tif", validity: .declaredNodata, epsg: 32618),
        Expected(file: "real_riocogeo_rgb_jpeg_epsg4326.tif", epsg: 4326),
        Expected(file: "real_riotiler_cog_rgb_epsg26913.tif", epsg: 26913),
        Expected(file: "rgb_float32_reflectance_nan.tif", validity: .notANumber),
        Expected(file: "rgb_uint8_nodata0_20cm.tif", validity: .declaredNodata),
        Expected(file: "rgba_geographic_epsg4326.tif", validity: .alphaBand, epsg: 4326, standard: true),
        Expected(file: "single_image_rotated_affine_jpeg.tif", validity: .detectedCollar, placement: .turned),
    ]

    @Test(arguments: accepted) func standardises(_ expected: Expected) throws {
        let output = folder.file("out.tif")
        let report = try Orthophoto.standardise(SharedData.geotiff(expected.file), to: output)
        #expect(report.validity == expected.validity)
        #expect(report.colorBands == expected.colors)
        #expect(report.placement == expected.placement)
        #expect(report.epsg == expected.epsg)
        #expect(report.alreadyStandard == expected.standard, "\(report.deviations)")
        #expect(try Orthophoto.standardise(output, to: folder.file("again.tif")).alreadyStandard)
    }

    @Test(arguments: accepted) func makesCOGAndThumbnail(_ expected: Expected) throws {
        let cog = folder.file("cog.tif")
        let report = try Orthophoto.makeCOG(SharedData.geotiff(expected.file), to: cog)
        #expect(report.errors.isEmpty && report.warnings.isEmpty)
        try Orthophoto.makeThumbnail(cog, to: folder.file("cog.jpg"))
        try Orthophoto.makeThumbnail(SharedData.geotiff(expected.file), to: folder.file("direct.jpg"))
        let picture = try Pixels(of: folder.file("cog.jpg"), drivers: ["JPEG"])
        #expect(picture.width == 256 && Set(picture.values).count > 20)
    }

    @Test(arguments: [
        ("real_gdal_gcps_only.tif", "raster_too_few_control_points"),
        ("rgb_no_crs_no_transform.tif", "raster_not_georeferenced"),
        ("truncated.tif", "raster_damaged"),
    ])
    func refuses(file: String, code: String) {
        let failure = #expect(throws: Failure.self) {
            try Orthophoto.standardise(SharedData.geotiff(file), to: folder.file("out.tif"))
        }
        #expect(failure?.code == code)
        #expect(failure?.sentence.contains(file) == true)
        #expect(folder.names.isEmpty)
    }
}
