internal import Foundation
internal import Mosaic

extension SimulatedRun {
    func makeOrthophoto() throws {
        guard arguments.given["skip_orthophoto"] == nil else {
            log.warning("--skip-orthophoto is set, no orthophoto will be generated")
            return try step(0.16)
        }
        try makeFolder("odm_orthophoto")
        if try isDone("odm_orthophoto/odm_orthophoto.tif", "Found a valid orthophoto in: %") {
            return try pace.pass(0.16 * scale)
        }
        let command = "\"/code/SuperBuild/install/bin/odm_orthophoto\" -inputFiles \"odm_textured_model_geo.obj\""
        started(command)
        try each(Array(stride(from: 10, through: 100, by: 10)), 0.12) { emit("Rendering orthophoto: \($0)%") }
        ended(command, "Orthophoto rendered")
        guard !settings.has(.noOrthophoto) else {
            log.warning("Could not generate an orthophoto (it did not render)")
            return try step(0.04)
        }
        log.info("Creating GeoTIFF")
        let translate = "gdal_translate -a_ullr 0 0 1 1 \"odm_orthophoto_render.tif\" \"odm_orthophoto.tif\""
        started(translate)
        try orthophoto().write(to: try project.orthophoto)
        emit("0...10...20...30...40...50...60...70...80...90...100 - done.")
        ended(translate)
        if settings.has(.brokenOrthophoto) { try halve(try project.orthophoto) }
        try step(0.04)
    }

    func orthophoto() throws -> SimulatedOrthophoto {
        SimulatedOrthophoto(
            photos: photos, folder: try project.images, longerSide: settings.pixels,
            hasCRS: !settings.has(.noCRS), isEmpty: settings.has(.emptyOrthophoto), compression: arguments.compression)
    }

    private func halve(_ path: String) throws {
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        try file.truncate(atOffset: try file.seekToEnd() / 2)
        try file.close()
    }
}
