import DB
import Failures
import Foundation
import TestSupport
import Testing

@testable import Imagery
@testable import Tasks

/// What is said of a set before it is unpacked.
@Suite struct PreflightTests {
    /// 41 photos of 120 by 90 m of ground in one line, 30 m apart, unless changed.
    private func flight(
        _ count: Int = 41, apart: Double = 30, _ change: (Int, inout PhotoMetadata) -> Void = { _, _ in }
    ) -> ImageSet {
        var set = ImageSet()
        set.photos = (0..<count).map { index in
            var photo = PhotoMetadata()
            (photo.width, photo.height, photo.focalLength35) = (4000, 3000, 24)
            (photo.relativeAltitude, photo.gimbalPitch, photo.gimbalYaw) = (80, -90, 0)
            (photo.latitude, photo.longitude) = (47.8 + Double(index) * apart / 111_320, 7.85)
            change(index, &photo)
            return .init(name: "\(index).JPG", bytes: 8_000_000, format: .jpeg, metadata: photo, warnings: [])
        }
        return set
    }

    private func check(_ set: ImageSet, _ host: Preflight.Host = .init()) -> Preflight {
        Preflight(set, set.selection(largestTilt: Preflight.largestTilt), on: host)
    }

    private static let gib: Int64 = 1 << 30

    @Test func aGoodFlightPassesWithoutAWord() {
        let preflight = check(flight(), .init(memory: 16 * Self.gib, timeLimit: .seconds(86_400)))
        #expect(preflight.refusal == nil && preflight.warnings.isEmpty, "\(preflight)")
    }

    @Test func photosThatOverlapNothingAreRefusedWithNumbers() throws {
        var set = flight(apart: 200)
        // The last three overlap.
        for index in 38..<41 { set.photos[index].metadata.latitude = 47.9 + Double(index) * 20 / 111_320 }
        let refusal = try #require(check(set).refusal)
        #expect(refusal.code == "too_little_overlap" && refusal.retry == .never)
        #expect(
            refusal.sentence
                == "only 3 of 41 photos overlap another by at least 30 %: they were taken about 200 m apart, from 80 m "
                + "height, where a photo shows 120 by 90 m of ground; upload all photos of the flight, or fly with 70 % "
                + "overlap")
        let none = try #require(check(flight(apart: 100)).refusal)
        #expect(
            none.sentence.hasPrefix("none of 41 photos overlaps another by at least 30 %: they were taken about 100 m"))
    }

    @Test func thinOverlapIsAWarning() {
        // 22 % of the next photo's ground by the numbers, more if the ground lies lower.
        let doubtful = check(flight(apart: 70))
        #expect(doubtful.refusal == nil)
        #expect(doubtful.warnings.first?.hasPrefix("41 of 41 photos overlap no other by at least 30 %") == true)
        let thin = check(flight(apart: 50))
        #expect(thin.refusal == nil && thin.warnings.count == 1)
        #expect(thin.warnings[0].hasPrefix("the overlap is thin: half of the photos overlap 2 others or fewer"))
    }

    /// Sets far apart, of which something is not stated.
    @Test(arguments: 0..<5)
    func whatIsNotKnownIsNotRefused(_ which: Int) {
        let set = flight(apart: 300) { index, photo in
            switch which {
            case 0: (photo.relativeAltitude, photo.gimbalPitch, photo.gimbalYaw) = (nil, nil, nil)
            case 1: photo.focalLength35 = nil
            case 2: photo.relativeAltitude = -12
            // A quarter of the photos may lie in the gaps.
            case 3: if index.isMultiple(of: 4) { (photo.latitude, photo.longitude) = (nil, nil) }
            default: photo.relativeAltitude = 3
            }
        }
        #expect(check(set).refusal == nil)
    }

    @Test func positionsMustBeThere() throws {
        var set = flight { _, photo in (photo.latitude, photo.longitude) = (nil, nil) }
        let refusal = try #require(check(set).refusal)
        #expect(refusal.code == "no_positions")
        #expect(refusal.sentence.hasPrefix("none of 41 photos has a GPS position"))
        for file in ["gcp_list.txt", "survey/geo.txt"] {
            set.controlFiles = [file]
            #expect(check(set).refusal == nil)
        }
        #expect(check(flight { index, photo in if index > 0 { photo.latitude = nil } }).refusal == nil)
    }

    @Test func oneSpotMakesNoMap() throws {
        #expect(check(flight(apart: 0)).refusal?.code == "one_spot")
        let unknown = check(flight(apart: 0) { _, photo in photo.relativeAltitude = nil })
        #expect(
            unknown.refusal == nil
                && unknown.warnings == ["all photos were taken at one spot; a map needs photos from different places"])
        let hovering = check(
            flight { index, photo in photo.latitude = 47.8 + Double(index / 2) * 30 / 111_320 })
        #expect(hovering.refusal == nil)
        #expect(hovering.warnings == ["20 of 41 photos were taken at the same spot as another"])
    }

    @Test func severalFlightsAreRefusedAndStrayPhotosAreNot() throws {
        let two = flight { index, photo in if index >= 30 { photo.longitude = 8.35 } }
        let refusal = try #require(check(two).refusal)
        #expect(refusal.code == "several_flights")
        #expect(refusal.sentence.hasPrefix("11 of 41 photos lie more than 20 km from the others (up to 37 km)"))
        let stray = check(flight { index, photo in if index >= 39 { photo.longitude = 8.35 } })
        #expect(stray.refusal == nil)
        // Nor do they make the map larger.
        #expect((stray.estimate.area ?? .infinity) < 500_000)
    }

    @Test func whatLeavesTooFewPhotosIsSaid() throws {
        var set = flight(20) { index, photo in if index >= 2 && index < 15 { photo.gimbalPitch = -60 } }
        for index in 15..<18 { set.photos[index].warnings = ["it is cut off"] }
        set.photos[18].metadata.width = nil
        set.duplicates = [.init(name: "19.JPG", original: "0.JPG")]
        let refusal = try #require(check(set).refusal)
        #expect(refusal.code == "too_few_photos")
        #expect(
            refusal.sentence
                == "only 2 of 20 photos can be used, at least 3 that overlap are needed: 4 are cut off or damaged "
                + "(15.JPG, 16.JPG, 17.JPG and 1 more), 1 is a copy of others, 13 look more than 10 degrees off straight "
                + "down; upload JPEG, TIFF, DNG or PNG photos of one flight")
    }

    @Test(arguments: [
        (-90.0, true), (-80, true), (-79.9, true), (-79.89, false), (-100.1, true), (0, false), (90, true),
    ])
    func nadirIsWithinTenDegreesAndATenth(_ pitch: Double, _ isKept: Bool) {
        let set = flight { index, photo in if index == 0 { photo.gimbalPitch = pitch } }
        #expect(set.selection(largestTilt: Preflight.largestTilt).photos.count == (isKept ? 41 : 40))
    }

    @Test func multispectralBandsAreDroppedBesideColour() {
        var set = flight()
        for index in 0..<10 { set.photos[index].name = "DJI_000\(index)_MS_NIR.TIF" }
        let selection = set.selection()
        #expect(selection.photos.count == 31 && selection.bands == 10 && selection.placed == 31)
        for index in 10..<41 { set.photos[index].name = "DJI_00\(index)_MS_R.TIF" }
        #expect(set.selection().photos.count == 41)
    }

    @Test func memoryThatIsTooSmallIsRefusedWhereASplitCannotHelp() throws {
        // 1,000 photos of 12 megapixels: 48 GB by the table.
        let placed = check(flight(1000, apart: 5), .init(memory: 8 * Self.gib))
        #expect(placed.refusal == nil && placed.warnings.isEmpty)
        let unplaced = flight(1000, apart: 5) { index, photo in if index < 3 { photo.latitude = nil } }
        let refusal = try #require(check(unplaced, .init(memory: 8 * Self.gib)).refusal)
        #expect(refusal.code == "memory_too_small")
        #expect(refusal.sentence.contains("needs at least 16 GiB of memory for these 1000 photos and has 8 GiB"))
        #expect(refusal.sentence.contains("if the 3 without a GPS position had one"))
        let between = check(unplaced, .init(memory: 24 * Self.gib))
        #expect(between.refusal == nil && between.warnings.count == 1)
        #expect(between.warnings[0].hasPrefix("ODM will want about 51 GiB of memory for these photos and has 24 GiB"))
        #expect(check(unplaced, .init(memory: 64 * Self.gib)).warnings.isEmpty)
        #expect(check(unplaced).refusal == nil)
    }

    @Test func smallSetsWantLittleMemory() {
        let small = flight(18) { _, photo in (photo.width, photo.height) = (480, 360) }
        #expect(ProcessingEstimate(small.photos).memory < Self.gib)
        #expect(check(small, .init(memory: 2 * Self.gib)).warnings.isEmpty)
        let sizes = [3, 18, 40, 250, 1500, 5000].map { ProcessingEstimate(flight($0, apart: 0.5).photos) }
        #expect(zip(sizes, sizes.dropFirst()).allSatisfy { $0.memory < $1.memory && $0.leastMemory < $1.leastMemory })
        #expect(sizes.allSatisfy { $0.leastMemory < $0.memory })
        #expect(abs(Double(sizes[5].memory) / Double(Self.gib) - 256) < 10)
    }

    @Test func aRunThatIsExpectedToTakeTooLongIsAWarning() {
        // 41 photos took an hour and 10 minutes; these are 820.
        let history = ODMHistory(runs: [.init(photos: 41, megapixels: 492, seconds: 4200)])
        let host = Preflight.Host(timeLimit: .seconds(86_400), history: history)
        #expect(check(flight(), host).warnings.isEmpty)
        #expect(
            check(flight(1640, apart: 5), host).warnings == [
                "ODM is expected to take about 47 h, and is stopped after 24 h"
            ])
    }

    @Test func theDiskIsLookedAtBeforeAnythingIsWritten() throws {
        let preflight = check(flight())
        let folder = NSTemporaryDirectory() + "not/there/yet"
        try preflight.checkDisk(of: folder, on: .init(diskReserve: 0))
        let failure = try #require(throws: Failure.self) {
            try preflight.checkDisk(of: folder, on: .init(diskReserve: 1 << 60))
        }
        #expect(failure.code == "disk_too_small" && failure.retry == .later)
        #expect(
            failure.sentence.hasPrefix("the photos need about ") && failure.sentence.contains("are free on this host"))
        // 41 photos of 8 MB and 12 megapixels: ten times their bytes, 40 MB each, and a map of 3.2 ha at 3 cm.
        #expect(abs(Double(preflight.estimate.disk) - (41 * 120e6 + 3 * 4 * (1290.0 * 120 / 9e-4))) < 2e8)
    }
}
