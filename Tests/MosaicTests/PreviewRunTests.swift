import FlightSimulator
import Foundation
import Imagery
import Raster
import Testing

@Suite struct PreviewRunTests {
    @Test func aSimulatedFlightComesOutWhereItWasTaken() throws {
        let project = try PreviewProject()
        let flight = try project.simulate()
        #expect(try project.run("--orthophoto-resolution", "20") == 0)

        let file = try RasterDataset(opening: project.orthophoto)
        #expect(file.bandCount == 4)
        #expect(file.crs?.epsg == flight.epsg)
        #expect(file.band(4).color == .alpha)
        let (truth, preview) = (try GrayMap(project.truth, step: 0.5), try GrayMap(project.orthophoto, step: 0.5))
        let offset = truth.offset(of: preview, within: 3)
        #expect(abs(offset.east) <= 1.5 && abs(offset.north) <= 1.5, "\(offset)")
        #expect(offset.correlation > 0.6, "\(offset)")
    }

    @Test func speaksAsODMDoes() throws {
        let project = try PreviewProject()
        try project.simulate()
        #expect(try project.run("--orthophoto-resolution", "1", "--fast-orthophoto") == 0)
        for line in [
            "[INFO]    Running dataset stage", "[INFO]    Loading 8 images", "[INFO]    Found 8 usable images",
            "[INFO]    Finished dataset stage", "[INFO]    Running odm_orthophoto stage",
            "[WARNING] Maximum resolution set to 1.0 * (GSD - 10%)", "[INFO]    ODM app finished",
        ] { #expect(project.says(line), "\(line)") }
        #expect(!project.says("opensfm"))
        let record = try project.record
        #expect(record["success"] as? Bool == true)
        #expect(record["images"] as? Int == 8)
        #expect((record["options"] as? [String: String])?["orthophoto_resolution"] == "1")
        let stages = try #require(record["stages"] as? [[String: Any]])
        #expect(stages.compactMap { $0["name"] as? String } == ["dataset", "odm_georeferencing", "odm_orthophoto"])
        #expect(stages.allSatisfy { $0["endTime"] is String })
    }

    @Test func placesTheOtherPhotosWhenSomeHaveNoPositionOrAreDamaged() throws {
        let project = try PreviewProject()
        let flight = try project.simulate { ($0.withoutGPS, $0.truncated, $0.images) = (2, 1, 9) }
        #expect(flight.withoutGPS.count == 2 && flight.truncated.count == 1)
        #expect(try project.run("--orthophoto-resolution", "40") == 0)
        #expect(project.says("2 of 8 photos have no GPS position and will not be used"))
        #expect(project.says("\(flight.truncated[0]) seems corrupted and will not be used"))
    }

    @Test func saysWhyPhotosWithoutPositionCannotBeProcessed() throws {
        let project = try PreviewProject()
        try project.simulate { ($0.withoutGPS, $0.images) = (4, 4) }
        #expect(try project.run() == 1)
        let sentence =
            "The program could not process this dataset using the current settings. "
            + "Check that the images have enough overlap (4 of 4 photos have no GPS position"
        #expect(project.says("[ERROR]   " + sentence))
        let problem = try #require(try project.record["error"] as? [String: Any])
        #expect((problem["message"] as? String)?.hasPrefix(sentence) == true)
        #expect(try project.record["success"] as? Bool == false)
        #expect(!FileManager.default.fileExists(atPath: project.orthophoto))
    }

    @Test func refusesPhotosThatShareNoGround() throws {
        let project = try PreviewProject()
        try project.simulate { ($0.images, $0.frontOverlap, $0.sideOverlap) = (4, 0, 0) }
        #expect(try project.run() == 1)
        #expect(project.says("Check that the images have enough overlap (no two photos show common ground)"))
    }

    @Test func refusesASetOfTooFewImages() throws {
        let project = try PreviewProject()
        try project.addImages([])
        #expect(try project.run() == 1)
        #expect(project.says("[ERROR]   Not enough supported images in "))
    }

    @Test func refusesAProjectThatIsNotThere() throws {
        let project = try PreviewProject()
        #expect(try project.run() == 1)
        #expect(project.says("[ERROR]   Directory \(project.root.path) does not exist"))
    }

    @Test func leavesNothingUnfinishedBehind() throws {
        let project = try PreviewProject()
        try project.simulate { $0.images = 4 }
        #expect(try project.run("--orthophoto-resolution", "50") == 0)
        let names = try FileManager.default.contentsOfDirectory(atPath: project.root.path + "/odm_orthophoto")
        #expect(names == ["odm_orthophoto.tif"])
    }
}

@Suite(.enabled(if: SharedData.isThere, "no shared/data folder with real photos")) struct BrightonTests {
    private let folder = SharedData.root?.appending(path: "brighton_beach/images")

    @Test func theBeachLiesWhereItIsAndAgreesWithARealReconstruction() throws {
        let project = try PreviewProject()
        let images = try FileManager.default.contentsOfDirectory(
            at: #require(folder), includingPropertiesForKeys: nil)
        #expect(images.count == 18)
        try project.addImages(images)
        #expect(try project.run("--orthophoto-resolution", "10", "--fast-orthophoto") == 0)

        let file = try RasterDataset(opening: project.orthophoto)
        #expect(file.crs?.epsg == 32615)
        let position = file.geoTransform
        let centre = try #require(position).apply(column: Double(file.width) / 2, row: Double(file.height) / 2)
        let back = try CoordinateTransform(fromEPSG: 32615, toEPSG: 4326).point(x: centre.x, y: centre.y)
        let place = try #require(back)
        let north = (place.y - 46.84266) * 111_170, east = (place.x + 91.99401) * 111_320 * 0.684
        #expect((north * north + east * east).squareRoot() < 10, "\(north) m north, \(east) m east")

        let reference = try #require(SharedData.root).appending(path: "geotiff/ortho_brighton_sfm_5cm_rgba_utm15n.tif")
        let offset = try GrayMap(reference.path, step: 0.5).offset(
            of: GrayMap(project.orthophoto, step: 0.5), within: 3)
        #expect(abs(offset.east) <= 1.5 && abs(offset.north) <= 1.5, "\(offset)")
        #expect(offset.correlation > 0.6, "\(offset)")
        // Somebody turned the second line's photos round in a viewer and left their yaw as it was.
        #expect(project.says("6 photos fit their neighbours upside down only and were turned"))
    }
}
