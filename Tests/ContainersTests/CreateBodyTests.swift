import Failures
import Foundation
import Testing

@testable import Containers

@Suite struct CreateBodyTests {
    private func host(_ spec: ContainerSpec) throws -> [String: Any] {
        let bytes = try DockerJSON.encode(CreateBody(spec))
        let body = try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
        return try #require(body["HostConfig"] as? [String: Any])
    }

    @Test func givesAwayNoPrivilegesAndNoNetwork() throws {
        let host = try host(ContainerSpec(image: "odm"))
        #expect(host["NetworkMode"] as? String == "none")
        #expect(host["CapDrop"] as? [String] == ["ALL"])
        #expect(host["SecurityOpt"] as? [String] == ["no-new-privileges"])
        #expect((host["RestartPolicy"] as? [String: String])?["Name"] == "no")
        #expect(host["AutoRemove"] as? Bool == false)
    }

    @Test func neverAddsSwap() throws {
        var spec = ContainerSpec(image: "odm")
        spec.memory = 96 << 30
        let host = try host(spec)
        #expect(host["Memory"] as? Int == 96 << 30)
        #expect(host["MemorySwap"] as? Int == 96 << 30)
    }

    @Test func asksForGPUsByNameOrForAll() throws {
        var spec = ContainerSpec(image: "odm")
        spec.gpus = .devices(["GPU-1"])
        let named = try #require(try host(spec)["DeviceRequests"] as? [[String: Any]])
        #expect(named.first?["DeviceIDs"] as? [String] == ["GPU-1"])
        #expect(named.first?["Count"] == nil)
        spec.gpus = .all
        let all = try #require(try host(spec)["DeviceRequests"] as? [[String: Any]])
        #expect(all.first?["Count"] as? Int == -1)
        #expect(all.first?["Driver"] as? String == "nvidia")
    }

    @Test func leavesTheKeysOfLabelsAndOptionsAsTheyAre() throws {
        var spec = ContainerSpec(image: "odm")
        spec.labels = ["deadtrees.queue_id": "7"]
        let bytes = try DockerJSON.encode(CreateBody(spec))
        let body = try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
        #expect(body["Labels"] as? [String: String] == ["deadtrees.queue_id": "7"])
        let log = try #require((body["HostConfig"] as? [String: Any])?["LogConfig"] as? [String: Any])
        #expect(log["Config"] as? [String: String] == ["max-size": "209715200", "max-file": "5"])
    }

    @Test func namesEveryDifferenceBetweenAskedAndApplied() throws {
        var spec = ContainerSpec(image: "odm")
        spec.memory = 1 << 30
        spec.gpus = .all
        let answer = """
            {"NetworkMode": "host", "Memory": 0, "MemorySwap": 0, "PidsLimit": 8192, "ShmSize": 1073741824,
             "RestartPolicy": {"Name": "no"}, "OomScoreAdj": 500, "CapDrop": ["ALL"], "CapAdd": ["CAP_DAC_OVERRIDE"]}
            """
        let applied = try DockerJSON.decode(AppliedConfiguration.self, from: Array(answer.utf8), purpose: "test")
        let failure = try #require(#expect(throws: Failure.self) { try applied.check(against: spec) })
        #expect(failure.code == "container_not_as_asked")
        for word in [
            "network host in place of none", "memory 0 in place of 1073741824", "GPU requests 0 in place of 1",
            "no new privileges false in place of true",
        ] {
            #expect(failure.sentence.contains(word))
        }
        #expect(!failure.sentence.contains("capabilities"))
    }
}

@Suite struct EndpointTests {
    @Test(arguments: ["", "docker", "unix://relative.sock", "http://host:1", "tcp://", "tcp://host:1/path"])
    func refusesWhatIsNoAddress(host: String) throws {
        let failure = try #require(#expect(throws: Failure.self) { try DockerEngine(host: host) })
        #expect(failure.code == "docker_host_invalid")
        #expect(failure.retry == .never)
    }
}

@Suite struct EngineVersionTests {
    @Test func takesTheNewestVersionThatBothKnow() throws {
        #expect(try VersionAnswer(apiVersion: "1.41", minAPIVersion: "1.12").negotiated().description == "1.41")
        #expect(try VersionAnswer(apiVersion: "1.52", minAPIVersion: "1.44").negotiated() == .newest)
    }

    @Test func refusesEnginesThatAreTooOldOrTooNew() throws {
        let old = #expect(throws: Failure.self) {
            try VersionAnswer(apiVersion: "1.40", minAPIVersion: nil).negotiated()
        }
        #expect(old?.code == "docker_too_old")
        let new = #expect(throws: Failure.self) {
            try VersionAnswer(apiVersion: "1.60", minAPIVersion: "1.50").negotiated()
        }
        #expect(new?.code == "docker_too_new")
    }
}
