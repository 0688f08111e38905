import Failures
import Testing

@testable import Raster

/// What uploaders read; that it says what to do is all that helps them.
@Suite struct RasterSentenceTests {
    @Test(arguments: [
        (
            Failure.rasterCompression("a.tif", detail: ""),
            "opening a.tif failed: it is compressed in a way that is not read; export it with DEFLATE, LZW or JPEG "
                + "compression"
        ),
        (
            .rasterNotRead("a.tif", detail: "cannot allocate 1x531628032 bytes"),
            "reading the pixels of a.tif failed: it needs more memory than a worker gives it; export it as a tiled "
                + "GeoTIFF with tiles of 256 or 512 pixels"
        ),
        (
            .rasterNotRead("a.tif", detail: "ZIPDecode:Decoding error"),
            "reading the pixels of a.tif failed: the file is damaged or was cut off; upload it again"
        ),
        (
            .rasterTypeUnknown("a.tif"),
            "a.tif holds numbers of a kind that is not read; export an 8-bit or 16-bit orthophoto"
        ),
        (
            .rasterGeocentricCRS("a.tif", crs: "WGS 84"),
            "a.tif uses WGS 84 with its origin in the middle of the earth, in which no map lies flat; export it in a "
                + "projected system such as UTM"
        ),
        (
            .tooFewControlPoints("a.tif", count: 1),
            "a.tif is placed by only 1 ground control point and at least 3 are needed; export it with a full "
                + "georeference"
        ),
        (
            .controlPointsInLine("a.tif"),
            "a.tif is placed by ground control points that lie in one line, which leaves its position open; export it "
                + "with a full georeference"
        ),
        (
            .rasterPixelsTooSmall("a.tif", metres: 1e-6, crs: "UTM 32"),
            "the pixels of a.tif would be 1.0e-06 m wide in its coordinate system UTM 32; it was probably assigned the "
                + "wrong one (degrees taken for metres), export it again with the right one"
        ),
        (
            .rasterOffWebMap("a.tif"),
            "a.tif lies beyond 85 degrees of latitude, where the web map (Web Mercator) shows nothing; no map tiles can "
                + "be made of it"
        ),
    ])
    func saysWhatToDo(failure: Failure, sentence: String) {
        #expect(failure.sentence == sentence)
        #expect(failure.retry == .never)
    }
}
