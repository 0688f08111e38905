import Failures
import Storage
import Testing

@Suite struct StoragePathTests {
    @Test(arguments: [
        "", "/", "/etc/passwd", "a//b", "a/", ".", "..", "../a", "a/../b", "a/..", "a/./b", "a\0b",
        String(repeating: "a", count: 1024), "ä/../b",
    ])
    func refusesWhatCouldLeaveTheFolder(_ text: String) throws {
        let failure = try #require(throws: Failure.self) { try StoragePath(text) }
        #expect(failure.code == "bad_storage_path")
        #expect(failure.retry == .never)
        #expect(failure.sentence.count < 200)
    }

    @Test(arguments: ["a", "raw_images/1/images/DJI 0001.JPG", "a/...", "a/..b", "Ä/ö.tif", "..."])
    func takesWhatStaysWithin(_ text: String) throws {
        #expect(try StoragePath(text).text == text)
    }

    @Test func namesAndAppends() throws {
        let path = try StoragePath("raw_images/1").appending("images")
        #expect(path.text == "raw_images/1/images" && path.name == "images")
        #expect(throws: Failure.self) { try path.appending("..") }
        #expect(throws: Failure.self) { try path.appending("") }
    }

    @Test(arguments: [
        ("raw_images/5.zip", "raw_images/5.zip"),
        ("raw_images/5/images/", "raw_images/5/images"),
        ("/data/raw_images/5.zip", "raw_images/5.zip"),
        ("/mnt/gsdata/projects/deadtrees/raw_images/5/images", "raw_images/5/images"),
        ("/data/archive/5_ortho.tif", "archive/5_ortho.tif"),
        ("/data/archive/raw_images/5.zip", "raw_images/5.zip"),
        ("/etc/passwd", "etc/passwd"),
    ])
    func readsWhatDatabasesHold(_ text: String, _ expected: String) throws {
        #expect(try StoragePath(fromDatabase: text).text == expected)
    }

    @Test(arguments: ["", "/", "../raw_images/5.zip", "/data/raw_images/../../etc/passwd", "raw_images/\0"])
    func refusesWhatDatabasesShouldNotHold(_ text: String) {
        #expect(throws: Failure.self) { try StoragePath(fromDatabase: text) }
    }

    @Test func theLayoutIsTheContracts() throws {
        #expect(try StoragePath.ortho(of: 7).text == "archive/7_ortho.tif")
        #expect(try StoragePath.cog("u/7_cog.tif").text == "cogs/u/7_cog.tif")
        #expect(try StoragePath.thumbnail("u/7_thumbnail.jpg").text == "thumbnails/u/7_thumbnail.jpg")
        #expect(try StoragePath.odmLog(of: 7, attempt: 2).text == "logs/7/odm-2.log")
        #expect(throws: Failure.self) { try StoragePath.cog("../archive/7_ortho.tif") }
    }
}
