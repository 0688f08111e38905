import Failures
import Foundation
import SFTP
import Settings
import Storage
import Synchronization
import TestSupport
import Testing

/// Servers that are full, forbid things, or can do less than OpenSSH as it comes.
@Suite(.enabled(if: PrivateSSHServer.whyNot == nil, Comment(rawValue: PrivateSSHServer.whyNot ?? "")), .serialized)
struct SSHServerTests {
    @Test(.enabled(if: Mounted.isAllowed, "only root may mount a small disk"), arguments: [900_000, 8 << 20])
    func aFullDiskSaysSoAndNothingIsLeft(_ bytes: Int) async throws {
        try await SSHSite.with { site in
            let disk = try Mounted(at: site.server.storage, options: "size=1m")
            defer { disk.unmount() }
            let storage = try site.storage()
            try await storage.store(site.file(300_000, "small"), as: path("archive/1_ortho.tif")) { _ in }
            let failure = try await failure {
                try await storage.store(site.file(bytes), as: path("archive/1_ortho.tif")) { _ in }
            }
            #expect(failure.code == "storage_full" && failure.retry == .withoutBlame, "\(failure)")
            #expect(failure.sentence.contains("archive/1_ortho.tif") && failure.sentence.contains("full"))
            #expect(site.leftovers().isEmpty)
            #expect(site.isSame("\(site.local)/small", site.stored("archive/1_ortho.tif")))
            try await storage.store(site.file(1000), as: path("archive/2_ortho.tif")) { _ in }
        }
    }

    @Test func aServerThatForbidsWritingIsNotTriedAgain() async throws {
        try await SSHSite.with(sftp: "internal-sftp -R") { site in
            try FileManager.default.createDirectory(atPath: site.stored("archive"), withIntermediateDirectories: true)
            try Data("x".utf8).write(to: URL(fileURLWithPath: site.stored("archive/1_ortho.tif")))
            let storage = try site.storage()
            try await storage.fetch(path("archive/1_ortho.tif"), to: "\(site.local)/back") { _ in }
            let failure = try await failure {
                try await storage.store(site.file(1000), as: path("archive/2_ortho.tif")) { _ in }
            }
            #expect(failure.code == "storage_denied" && failure.retry == .never)
            #expect(failure.sentence.contains("could not store archive/2_ortho.tif"))
        }
    }

    /// What SFTP has had from the start has to do.
    @Test(arguments: ["posix-rename,hardlink,fsync,statvfs,limits", "hardlink", "posix-rename"])
    func withoutExtensionsItWorksAllTheSame(_ denied: String) async throws {
        try await SSHSite.with(sftp: "internal-sftp -P \(denied)") { site in
            let storage = try site.storage()
            let files = [try site.file(3 << 20, "first"), try site.file(2 << 20, "second")]
            for file in files { try await storage.store(file, as: path("archive/1_ortho.tif")) { _ in } }
            #expect(site.isSame(files[1], site.stored("archive/1_ortho.tif")))
            let trash = try FileManager.default.contentsOfDirectory(atPath: site.stored("trash"))
            #expect(trash.count == 1 && site.isSame(files[0], site.stored("trash/\(trash[0])")))
            try await storage.fetch(path("archive/1_ortho.tif"), to: "\(site.local)/back") { _ in }
            #expect(site.isSame(files[1], "\(site.local)/back"))
        }
    }

    /// A hundred calls meet a server that allows nobody a session.
    @Test func sessionsThatAreRefusedEndWithASentence() async throws {
        try await SSHSite.with(["MaxSessions 0"]) { site in
            let storage = try site.storage()
            let start = ContinuousClock.now
            try await withThrowingTaskGroup(of: Failure.self) { group in
                for number in 0..<100 {
                    group.addTask { try await failure { _ = try await storage.stat(path("archive/\(number)")) } }
                }
                for try await failure in group {
                    #expect(failure.code == "storage_refused" && failure.retry == .withoutBlame, "\(failure)")
                    #expect(failure.sentence.contains("MaxSessions"))
                }
            }
            #expect(ContinuousClock.now - start < .seconds(32))
        }
    }

    /// The server drops every other connection while it is being opened: with those that it lets in the work gets done.
    @Test func aHundredTransfersAreDoneWithTheConnectionsThatThereAre() async throws {
        try await SSHSite.with(["MaxStartups 1:60:4"]) { site in
            let storage = try site.storage(sessions: 8)
            let file = try site.file(200_000)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<100 {
                    group.addTask {
                        try await storage.store(file, as: path("raw_images/1/images/\(number).jpg")) { _ in }
                    }
                }
                try await group.waitForAll()
            }
            let stored = try await storage.list(path("raw_images/1/images"))
            #expect(stored.count == 100 && stored.allSatisfy { $0.bytes == 200_000 })
            let targets = stored.map { (file: $0, target: "\(site.local)/\($0.path.name)") }
            try await storage.fetch(targets) { _ in }
            #expect(targets.allSatisfy { site.isSame(file, $0.target) })
        }
    }

    @Test func aFileThatIsChangedWhileItIsSentIsNotStored() async throws {
        try await SSHSite.with { site in
            let file = try site.file(32 << 20)
            let failure = try await failure {
                try await site.storage().store(file, as: path("archive/1_ortho.tif")) { progress in
                    if progress.share < 1 { truncate(file, 1 << 20) }
                }
            }
            #expect(failure.code == "storage_changed" && failure.retry == .later, "\(failure)")
            #expect(site.leftovers().isEmpty)
            #expect(!FileManager.default.fileExists(atPath: site.stored("archive/1_ortho.tif")))
        }
    }

    @Test(arguments: [1 << 20, 40 << 20])
    func aFileThatIsChangedWhileItIsFetchedDoesNotArrive(_ newSize: Int) async throws {
        try await SSHSite.with { site in
            let storage = try site.storage()
            try await storage.store(site.file(32 << 20), as: path("archive/1_ortho.tif")) { _ in }
            let failure = try await failure {
                try await storage.fetch(path("archive/1_ortho.tif"), to: "\(site.local)/back") { _ in
                    truncate(site.stored("archive/1_ortho.tif"), newSize)
                }
            }
            #expect(failure.code == "storage_changed" && failure.retry == .later, "\(failure)")
            #expect(!FileManager.default.fileExists(atPath: "\(site.local)/back"))
            #expect(try site.localParts().isEmpty)
        }
    }

    /// A disk that has turned a bit: size and time are what they were.
    @Test func aFileThatIsDamagedInStorageDoesNotArrive() async throws {
        try await SSHSite.with { site in
            let storage = try site.storage()
            let place = site.stored("archive/1_ortho.tif")
            try await storage.store(site.file(2 << 20), as: path("archive/1_ortho.tif")) { _ in }
            let before = try FileManager.default.attributesOfItem(atPath: place)
            let handle = try #require(FileHandle(forUpdatingAtPath: place))
            try handle.seek(toOffset: 1 << 20)
            let byte = try #require(try handle.read(upToCount: 1)?.first)
            try handle.seek(toOffset: 1 << 20)
            try handle.write(contentsOf: Data([byte ^ 1]))
            try handle.close()
            try FileManager.default.setAttributes(
                [.modificationDate: try #require(before[.modificationDate])], ofItemAtPath: place)
            let failure = try await failure {
                try await storage.fetch(path("archive/1_ortho.tif"), to: "\(site.local)/back") { _ in }
            }
            #expect(failure.code == "storage_damaged" && failure.sentence.contains("archive/1_ortho.tif"))
            // Who has written it by other means, and at another time, knows of no checksum.
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSinceNow: -60)], ofItemAtPath: place)
            try await storage.fetch(path("archive/1_ortho.tif"), to: "\(site.local)/back") { _ in }
        }
    }

    /// What an operator may run on the server at any time.
    @Test func theChecksumsThatAreKeptAreThoseOfSha256sum() async throws {
        try await SSHSite.with { site in
            let storage = try site.storage()
            for name in ["archive/1_ortho.tif", "raw_images/1/images/DJI 0001.JPG"] {
                try await storage.store(site.file(100_000), as: path(name)) { _ in }
            }
            let check =
                "cd '\(site.server.storage)' && find checksums -name '*.sha256' -exec cat {} + | sha256sum --check --strict"
            let good = try await runProgram("/bin/sh", ["-c", check])
            #expect(good.status == 0 && good.output.contains("raw_images/1/images/DJI 0001.JPG: OK"), "\(good.output)")
            truncate(site.stored("archive/1_ortho.tif"), 99_999)
            let bad = try await runProgram("/bin/sh", ["-c", check])
            #expect(bad.status == 1 && bad.output.contains("archive/1_ortho.tif: FAILED"))
        }
    }

    /// The server's own hash sees what has become of the file since it was written.
    @Test func anUploadThatIsDamagedOnTheServerIsNotStored() async throws {
        try await SSHSite.with { site in
            let storage = try site.storage(verification: .auto)
            #expect(try await storage.facts().verification.contains("SHA-256"))
            let failure = try await failure {
                try await storage.store(site.file(32 << 20), as: path("archive/1_ortho.tif")) { progress in
                    for name in site.leftovers() {
                        guard let handle = FileHandle(forUpdatingAtPath: site.stored("incoming/\(name)")) else {
                            continue
                        }
                        // What is written by then is not sent again.
                        try? handle.write(contentsOf: Data(count: 100))
                        try? handle.close()
                    }
                }
            }
            #expect(failure.code == "storage_damaged" && failure.retry == .later)
            #expect(site.leftovers().isEmpty)
            try await storage.store(site.file(2 << 20), as: path("archive/1_ortho.tif")) { _ in }
        }
    }

    @Test func aServerForSFTPAloneIsComparedWithByReadingBack() async throws {
        try await SSHSite.with(["ForceCommand internal-sftp"]) { site in
            let storage = try site.storage(verification: .auto)
            try await storage.store(site.file(2 << 20), as: path("archive/1_ortho.tif")) { _ in }
            #expect(try await storage.facts().verification.contains("reading them back"))
        }
    }

    /// The lease ran out while the file was on its way.
    @Test func whoMayNotStoreAnyMoreLeavesNothing() async throws {
        struct Lapsed: Error {}
        try await SSHSite.with { site in
            let storage = try site.storage()
            let claim = StoreClaim(attempt: "7-2") {
                #expect(site.leftovers().contains { $0.hasPrefix("7-2-") })
                throw Lapsed()
            }
            await #expect(throws: Lapsed.self) {
                try await storage.store(site.file(1000), as: path("archive/1_ortho.tif"), claim: claim) { _ in }
            }
            #expect(site.leftovers().isEmpty)
            #expect(!FileManager.default.fileExists(atPath: site.stored("archive/1_ortho.tif")))
        }
    }
}
