import Testing

@testable import Tasks

@Suite struct ODMRemarksTests {
    private func remarks(_ lines: String...) -> ODMRemarks {
        var remarks = ODMRemarks()
        for line in lines { remarks.read(line) }
        return remarks
    }

    private let detected = "[INFO]    nvidia-smi detected"
    private let onGPU = "[INFO]    Using GPU for extracting SIFT features"
    private let onCPU = "[INFO]    Using CPU for extracting SIFT features as texture size is too large"

    @Test func saysWhetherTheGPUWasUsed() {
        #expect(remarks(detected).usedGPU == nil)
        #expect(remarks(detected, onGPU).usedGPU == true)
        #expect(remarks(detected, onGPU).warnings(hadGPU: true).isEmpty)
        #expect(remarks(detected, onCPU).usedGPU == false)
        #expect(remarks("[INFO]    No nvidia-smi detected").usedGPU == false)
        #expect(remarks("[INFO]    No nvidia-smi detected", onCPU).warnings(hadGPU: false).isEmpty)
    }

    @Test(arguments: [
        (["[INFO]    No nvidia-smi detected"], "ODM found no GPU in its container and worked on the processor"),
        (
            [
                "[INFO]    nvidia-smi detected",
                "[INFO]    Using CPU for extracting SIFT features as texture is too large",
            ],
            "ODM extracted the features on the processor although there is a GPU"
        ),
        (
            [
                "[INFO]    Using GPU for extracting SIFT features",
                "[WARNING] GPU SIFT extraction failed, maybe the graphics card is not supported? Attempting fallback to CPU",
                "[INFO]    Using CPU for extracting SIFT features",
            ],
            "the GPU failed while features were extracted; ODM went on with the processor, which takes longer"
        ),
        (
            [
                "[WARNING] OpenMVS failed with GPU, is your graphics card driver up to date? Falling back to CPU."
            ],
            "the GPU failed while the dense point cloud was made; ODM went on with the processor, which takes longer"
        ),
        (
            [
                "[WARNING] OpenMVS ran out of memory, we're going to turn on tiling to see if we can process this."
            ],
            "ODM ran short of memory for the dense point cloud and made it in tiles"
        ),
        (
            ["[WARNING] Cannot load AI model (you might need to be connected to the internet?)"],
            "ODM could not load the model that masks sky or background; nothing was masked"
        ),
        (
            [
                "[WARNING] Could not generate coordinates file. The orthophoto will not be georeferenced."
            ],
            "ODM could not use the positions of the photos; the orthophoto may have no place on the earth"
        ),
        (
            ["[WARNING] /project/7/images/DJI_0001.JPG seems corrupted and will not be used"],
            "ODM left out 1 photo that it could not read: DJI_0001.JPG"
        ),
    ])
    func warnsOnce(_ lines: [String], _ warning: String) {
        var remarks = ODMRemarks()
        for line in lines + lines { remarks.read(line) }
        if remarks.corrupted > 0 {
            #expect(remarks.corrupted == 2)
        } else {
            #expect(remarks.warnings(hadGPU: true) == [warning])
        }
        var once = ODMRemarks()
        for line in lines { once.read(line) }
        #expect(once.warnings(hadGPU: true) == [warning])
    }

    @Test func aGPUThatFailedIsNotTakenForUsedAgain() {
        let failed =
            "[WARNING] GPU SIFT extraction failed, maybe the graphics card is not supported? Attempting fallback to CPU"
        #expect(remarks(detected, onGPU, failed, onGPU).usedGPU == false)
    }

    @Test func countsPhotosAndNamesTheFirst() {
        var remarks = ODMRemarks()
        for number in 1...5 { remarks.read("[WARNING] IMG_\(number).JPG seems corrupted and will not be used") }
        #expect(
            remarks.warnings(hadGPU: false) == [
                "ODM left out 5 photos that it could not read: IMG_1.JPG, IMG_2.JPG, IMG_3.JPG, …"
            ])
    }

    @Test func readsTheResolutionThatCameOut() {
        let line =
            "[WARNING] Maximum resolution set to 1.0 * (GSD - 10%) (2.47 cm / pixel, requested resolution was 1.00 cm / pixel)"
        #expect(remarks(line).resolution == 2.47)
        #expect(remarks("Maximum resolution set to nonsense").resolution == nil)
    }

    @Test func noticesThatTheRunWasAskedToStop() {
        #expect(remarks("[WARNING] Caught TERM/INT signal, attempting to exit gracefully...").caughtSignal)
        #expect(!remarks("2026-01-01 00:00:00,000 INFO: Extracting DSPSIFT features for image a.JPG").caughtSignal)
    }
}
