import Failures
import Foundation

/// Has GDAL describe an image in a file of a few bytes, so that our own files say where they lie in GDAL's words.
enum TIFFSketch {
    /// - Parameters:
    ///   - path: of the file that is going to be made; the sketch lies beside it for a moment.
    ///   - describe: sets all that the directory is to say beside the pixels.
    /// - Returns: the directory of an image of 16 x 16 pixels.
    static func draw(
        beside path: String, bands: Int, options: [String], _ describe: (borrowing RasterDataset) throws -> Void
    ) throws -> TIFFDirectory {
        try WholeFile.scratch(beside: path) { scratch in
            let raster = try RasterDataset(
                creating: scratch, width: 16, height: 16, bands: bands,
                options: options + ["SPARSE_OK=YES", "BIGTIFF=NO", "ENDIANNESS=LITTLE"])
            try describe(raster)
            try raster.close()
            let name = WholeFile.finalName(of: path)
            do {
                return try TIFFDirectory(
                    readingSketch: Array(Data(contentsOf: URL(fileURLWithPath: scratch))), for: name)
            } catch let error as CocoaError {
                throw Failure.rasterNotWritten(name, detail: "\(error)")
            }
        }
    }
}
