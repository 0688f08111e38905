internal import Mosaic

/// The stages between the reconstruction and the orthophoto, as far as their lines and files go.
extension SimulatedRun {
    func densify() throws {
        let command = "\"/code/SuperBuild/install/bin/OpenMVS/DensifyPointCloud\" \"scene.mvs\""
        started(command)
        try each([25, 50, 75, 100], 0.1) { percent in
            emit("Estimated depth-maps \(photos.count * percent / 100) (\(percent)%, 1s12ms)")
            feed.send(25 + Double(percent) / 4)
        }
        ended(command, "Densifying point-cloud completed")
        try write("opensfm/undistorted/openmvs/scene_dense.ply")
    }

    func filterPoints() throws {
        if try isDone("odm_filterpoints/point_cloud.ply", "Found a valid point cloud file in: %") {
            return try pace.pass(0.03 * scale)
        }
        let command = "\"/code/SuperBuild/install/bin/FPCFilter\" --input \"openmvs/scene_dense.ply\""
        started(command)
        try step(0.03)
        ended(command, "Done")
        try write("odm_filterpoints/point_cloud.ply", "ply\n")
    }

    func mesh() throws {
        if try isDone("odm_meshing/odm_25dmesh.ply", "Found a valid ODM 2.5D Mesh file in: %") {
            return try pace.pass(0.06 * scale)
        }
        log.info("Writing ODM 2.5D Mesh file in: \(try path("odm_meshing/odm_25dmesh.ply"))")
        let command = "\"/code/SuperBuild/install/bin/dem2mesh\" -inputFile \"odm_25dmesh.tif\""
        started(command)
        try step(0.06)
        ended(command, "Done!")
        feed.send(56)
        try write("odm_meshing/odm_25dmesh.ply", "ply\n")
    }

    func texture() throws {
        if try isDone("odm_texturing_25d/odm_textured_model_geo.obj", "Found a valid textured model in: %") {
            return try pace.pass(0.12 * scale)
        }
        let command = "\"/code/SuperBuild/install/bin/texrecon\" \"undistorted/reconstruction.nvm\""
        started(command)
        emit("Generating texture views:\nLoading 100%... done. (Took 0.1s)\nCalculating data costs:")
        try each(Array(stride(from: 5, through: 100, by: 5)), 0.12) { percent in
            emit("\tCalculating face qualities \(percent)%...")
            feed.send(60 + Double(percent) / 10)
        }
        ended(command, "Building objmodel", "Whole texturing procedure took: 1.2s")
        try write("odm_texturing_25d/odm_textured_model_geo.obj")
    }

    func georeference() throws {
        if try isDone("odm_georeferencing/odm_georeferenced_model.laz", "Found a valid georeferenced model in: %") {
            return try pace.pass(0.04 * scale)
        }
        let command = "pdal translate -i \"point_cloud.ply\" -o \"odm_georeferenced_model.laz\""
        started(command)
        try step(0.04)
        ended(command)
        log.info("Calculating cropping area and generating bounds shapefile from point cloud")
        feed.send(75)
        try write("odm_georeferencing/odm_georeferenced_model.laz")
        try write("odm_georeferencing/odm_georeferenced_model.bounds.gpkg")
    }

    func makeDEM() throws {
        for name in ["dsm", "dtm"] where arguments.given[name] != nil {
            log.info("Creating \(name.uppercased())")
            try write("odm_dem/\(name).tif")
        }
        if arguments.given["dsm"] == nil, arguments.given["dtm"] == nil { log.warning("DEM will not be generated") }
        try step(0.02)
        feed.send(82)
    }

    func report() throws {
        if arguments.given["skip_report"] == nil { try write("odm_report/stats.json", "{}") }
        try step(0.01)
    }

    func postprocess() throws {
        log.info("Post Processing")
        try step(0.01)
    }
}
