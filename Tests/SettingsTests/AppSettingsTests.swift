import Failures
import Foundation
import Testing

@testable import Settings

@Suite struct AppSettingsTests {
    private func settings(_ environment: [String: String] = [:]) throws -> AppSettings {
        try AppSettings(environment: environment, host: .example)
    }

    private func problem(_ environment: [String: String]) throws -> String {
        let failure = try #require(throws: Failure.self) { try settings(environment) }
        #expect(failure.code == "bad_setting")
        #expect(failure.retry == .never)
        return failure.sentence
    }

    @Test func takesDefaultsFromTheHost() throws {
        let settings = try settings()
        #expect(settings.worker.name == "gpu-1")
        #expect(settings.worker.concurrency == 8)
        #expect(settings.odm.memory == .gibibytes(96))
        #expect(settings.odm.cpus == 16)
        #expect(settings.storage.location == .folder("/srv/deadtrees/.data"))
        #expect(settings.storage.sshKey == "/home/worker/.ssh/id_ed25519")
        #expect(settings.api.tokenKeys == .none)
    }

    @Test func worksTwoJobsAtATimeOnASmallHost() throws {
        let host = HostFacts(
            cores: 1, memory: .gibibytes(2), hostName: "small", homeDirectory: "/root", currentDirectory: "/")
        #expect(try AppSettings(environment: [:], host: host).worker.concurrency == 2)
    }

    @Test func takesAnEmptyVariableForNotSet() throws {
        #expect(try settings(["LEASE": "", "ODM_GPU": "", "JWT_SECRET": ""]) == settings())
    }

    @Test func readsHowStorageIsReached() throws {
        let usual = try settings().storage
        #expect(usual.sessions == 4 && usual.verification == .auto && usual.passphrase == nil)
        let storage = try settings([
            "STORAGE_URL": "sftp://drone@[::1]:2222/data", "STORAGE_SESSIONS": "8", "STORAGE_VERIFY": "read-back",
            "STORAGE_SSH_PASSPHRASE": "open sesame",
        ]).storage
        // As the resolver takes it, without the brackets.
        #expect(storage.location == .sftp(.init(user: "drone", host: "::1", port: 2222, folder: "/data")))
        #expect(storage.sessions == 8 && storage.verification == .readBack)
        #expect(storage.passphrase?.reveal() == "open sesame" && !"\(storage)".contains("sesame"))
    }

    @Test func readsEveryGroup() throws {
        let settings = try settings([
            "DATABASE_URL": "postgresql://u:p@db:5432/d", "STORAGE_URL": "sftp://drone@files:2222/data",
            "STORAGE_SSH_KEY": "keys/id", "LEASE": "2m", "KEEP_FAILED": "24h", "ODM_LEASE": "1h", "ODM_MEMORY": "50%",
            "ODM_CPUS": "7.5", "ODM_GPU": "required", "ODM_ARGS": "--split 400", "HTTP_BIND": "[::1]:9000",
            "JWKS_URL": "https://p.example.org/jwks.json", "LOG_LEVEL": "debug", "LOG_FORMAT": "json",
        ])
        #expect(settings.database.url.reveal() == "postgresql://u:p@db:5432/d")
        #expect(
            settings.storage.location == .sftp(.init(user: "drone", host: "files", port: 2222, folder: "/data")))
        #expect(settings.storage.sshKey == "/srv/deadtrees/keys/id")
        #expect(settings.worker.lease == .seconds(120))
        #expect(settings.worker.keepFailed == .seconds(86_400))
        #expect(settings.odm.lease == .seconds(3600))
        #expect(settings.odm.memory == .gibibytes(60))
        #expect(settings.odm.cpus == 7.5)
        #expect(settings.odm.gpu == .required)
        #expect(settings.odm.arguments.value(of: "--split") == "400")
        #expect(settings.odm.arguments.contains("--fast-orthophoto"))
        #expect(settings.api.bind == .init(host: "::1", port: 9000))
        #expect(settings.api.tokenKeys == .url("https://p.example.org/jwks.json"))
        #expect(settings.log.level == .debug)
        #expect(settings.log.format == .json)
    }

    @Test func namesVariableValueAndWhatIsAccepted() throws {
        #expect(
            try problem(["LEASE": "5s"]) == #"LEASE is "5s", but must be a duration from 9s to 1d, such as 90s"#)
        #expect(
            try problem(["ODM_GPU": "yes"])
                == #"ODM_GPU is "yes", but must be one of "auto", "required", "off""#)
    }

    @Test(arguments: [
        ("DATABASE_URL", "mysql://x"), ("STORAGE_URL", "/data"), ("STORAGE_URL", "sftp://host/data"),
        ("STORAGE_URL", "sftp://u:secret@host/data"), ("STORAGE_URL", "file://host/data"),
        ("STORAGE_SESSIONS", "0"), ("STORAGE_VERIFY", "sometimes"),
        ("WORK_DIR", "work"), ("WORK_DIR", "/a:b"), ("WORKER_NAME", "gpu 1"), ("WORKER_CONCURRENCY", "0"),
        ("POLL_INTERVAL", "30"), ("MAX_ATTEMPTS", "-1"), ("SHUTDOWN_GRACE", "soon"), ("SEGMENTATION_IMAGE", "a b"),
        ("DOCKER_HOST", "unix://"), ("DOCKER_HOST", "tcp://host"), ("ODM_IMAGE", "-rm"), ("ODM_TIMEOUT", "0s"),
        ("ODM_MEMORY", "64GB"), ("ODM_MEMORY", "101%"),
        ("ODM_MEMORY", "1MiB"), ("ODM_CPUS", "0"), ("ODM_CPUS", "nan"), ("ODM_CLUSTER_URL", "cluster"),
        ("HTTP_BIND", "8000"), ("HTTP_BIND", "::1:8000"), ("HTTP_BIND", "host:99999"), ("JWKS_URL", "ftp://x/y"),
        ("UPLOAD_TTL", "1s"), ("LOG_LEVEL", "loud"), ("LOG_FORMAT", "xml"),
    ])
    func refusesAWrongValue(_ name: String, _ value: String) throws {
        let sentence = try problem([name: value])
        #expect(sentence.hasPrefix("\(name) is "))
        #expect(sentence.contains(", but must be "))
    }

    @Test func tellsAllThatIsWrongAtOnce() throws {
        let sentence = try problem(["LEASE": "x", "ODM_GPU": "x", "HTTP_BIND": "x"])
        #expect(sentence.components(separatedBy: "; ").count == 3)
    }

    @Test func refusesAnODMLeaseBelowTheLease() throws {
        #expect(
            try problem(["LEASE": "1h"]) == "ODM_LEASE is 30m, but must be at least LEASE, which is 1h")
    }

    @Test func refusesTwoWaysToVerifyTokens() throws {
        #expect(try problem(["JWT_SECRET": "s3cret", "JWKS_FILE": "k.json"]).hasPrefix("JWT_SECRET, JWKS_FILE"))
    }
}
