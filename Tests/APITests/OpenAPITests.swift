import DB
import Foundation
import TestSupport
import Testing

/// The description for programs, beside what a real server answers.
@Suite(.enabled(if: TestDatabase.isAvailable, "run the tests through make test"), .serialized)
struct OpenAPITests {
    private func with(_ body: (Site, APIProcess, Description) async throws -> Void) async throws {
        try await Site.with { site in
            let server = try await APIProcess.start(site)
            let answer = try await server.call("GET", "/openapi.json")
            #expect(answer.status == 200)
            let description = try Description(answer.body)
            try #require(!description.operations.isEmpty && !description.bases.isEmpty)
            try await body(site, server, description)
        }
    }

    @Test func itNamesWhatIsServedAndItsVersion() async throws {
        try await with { _, server, description in
            #expect(description.json["openapi"] as? String == "3.1.0")
            let front = try await server.call("GET", "/")
            #expect(
                (description.json["info"] as? [String: Any])?["version"] as? String == front.json["version"] as? String)
            #expect(
                description.operations.map { "\($0.method) \($0.path)" }.sorted() == [
                    "GET /", "GET /datasets/chunk/{upload_id}", "GET /healthz", "GET /livez", "GET /metrics",
                    "GET /openapi.json", "GET /readyz", "POST /datasets/chunk", "POST /datasets/{dataset_id}/process",
                    "PUT /datasets/{dataset_id}/process",
                ])
            #expect(description.bases == ["", "/api/v1"])
        }
    }

    @Test func everyReferenceLeadsSomewhere() async throws {
        try await with { _, _, description in
            let references = description.references(description.json)
            #expect(references.count > 20)
            for reference in references { #expect(description.at(reference) != nil, "\(reference)") }
            // What nothing leads to is not part of the description.
            let components = try #require(description.json["components"] as? [String: [String: Any]])
            for (kind, named) in components where kind != "securitySchemes" {
                for name in named.keys { #expect(references.contains("#/components/\(kind)/\(name)"), "\(name)") }
            }
        }
    }

    /// Without a token: what wants one says so, and the rest answers.
    @Test func everyRouteAnswersAsDescribed() async throws {
        try await with { _, server, description in
            for (base, operation) in description.bases.flatMap({ base in description.operations.map { (base, $0) } }) {
                let answer = try await server.call(operation.method, base + operation.somePath)
                #expect(answer.status == (operation.wantsToken ? 401 : 200), "\(operation.method) \(operation.path)")
                let described = try #require(
                    description.resolved(operation.responses["\(answer.status)"]) as? [String: Any],
                    "\(operation.method) \(operation.path)")
                let mediaTypes = (described["content"] as? [String: Any] ?? [:]).keys
                #expect(mediaTypes.contains { answer.headers["content-type"]?.hasPrefix($0) == true })
                for header in (described["headers"] as? [String: Any] ?? [:]).keys {
                    #expect(answer.headers[header.lowercased()] != nil, "\(operation.path) \(header)")
                }
            }
        }
    }

    @Test func otherMethodsAreNotAllowed() async throws {
        try await with { _, server, description in
            let methods = Dictionary(grouping: description.operations, by: \.somePath).mapValues { $0.map(\.method) }
            for (path, allowed) in methods {
                for base in description.bases {
                    for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] where !allowed.contains(method) {
                        let answer = try await server.call(method, base + path)
                        #expect(answer.status == 405, "\(method) \(base)\(path)")
                        let named = answer.headers["allow"]?.components(separatedBy: ", ") ?? []
                        #expect(named.filter { $0 != "HEAD" }.sorted() == allowed.sorted(), "\(method) \(base)\(path)")
                    }
                }
            }
        }
    }

    @Test func answersHaveTheMembersOfTheirSchemas() async throws {
        try await with { site, server, description in
            let token = try await TestToken.of()
            _ = try await site.test.addDataset()
            let file = try Data(contentsOf: URL(fileURLWithPath: SimulatedFlight.truth()))
            let received = try await server.send(Form(0, of: 2, "part", file), token: token)
            try description.expectMembers(of: received, "ChunkReceived")
            try description.expectMembers(of: try await server.state(of: "part", token: token), "UploadState")
            let dataset = try await server.upload(file, "whole", chunk: file.count, token: token)
            try description.expectMembers(of: dataset, "Dataset")
            let done = try await server.state(of: "whole", token: token)
            try description.expectMembers(of: done, "UploadState", all: true)
            let id = try #require(dataset.json["id"] as? Int)
            let row = try await server.call(
                "POST", "/datasets/\(id)/process", token: token, body: Data(#"{"task_types": ["geotiff"]}"#.utf8))
            try description.expectMembers(of: row, "QueueRow")
            try description.expectMembers(of: try await server.call("GET", "/readyz"), "Health", all: true)
            try description.expectMembers(of: try await server.call("GET", "/"), "Front")
            // Refused in both ways: with a sentence and missing chunks, and with a list of fields.
            let missing = try await server.send(Form(1, of: 2, "other", file), token: token)
            try description.expectMembers(of: missing, "Problem", all: true)
            let wrong = try await server.send(Form(1, of: 2, "..", file), token: token)
            try description.expectMembers(of: wrong, "Problem")
            #expect((wrong.json["detail"] as? [[String: Any]])?.first?.keys.sorted() == ["loc", "msg", "type"])
        }
    }

    /// Any task type that the queue knows may be asked for, and no other.
    @Test func taskTypesAreThoseOfTheQueue() async throws {
        try await with { site, _, description in
            let known = try await site.test.sql("SELECT name FROM v2_task_types").map { row -> String in
                try row.get("name")
            }
            let schema = description.at("#/components/schemas/TaskType") as? [String: Any]
            #expect((schema?["enum"] as? [String])?.sorted() == known.sorted())
        }
    }
}

/// The parsed document.
private struct Description {
    struct Operation {
        let method: String
        let path: String
        let responses: [String: Any]
        let wantsToken: Bool

        /// With something in the place of its parameters.
        var somePath: String { path.replacing(/\{[a-z_]+\}/, with: "7") }
    }

    let json: [String: Any]

    init(_ data: Data) throws {
        json = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    /// What stands before each path.
    var bases: [String] {
        (json["servers"] as? [[String: Any]] ?? []).compactMap { $0["url"] as? String }.map { $0 == "/" ? "" : $0 }
    }

    var operations: [Operation] {
        (json["paths"] as? [String: [String: Any]] ?? [:]).flatMap { path, item in
            item.compactMap { method, operation in
                guard let operation = operation as? [String: Any] else { return nil }
                return Operation(
                    method: method.uppercased(), path: path, responses: operation["responses"] as? [String: Any] ?? [:],
                    wantsToken: (operation["security"] as? [Any])?.isEmpty == false)
            }
        }
    }

    func references(_ value: Any) -> Set<String> {
        switch value {
        case let object as [String: Any]:
            object.values.reduce(into: Set([object["$ref"] as? String].compactMap { $0 })) {
                $0.formUnion(references($1))
            }
        case let list as [Any]: list.reduce(into: []) { $0.formUnion(references($1)) }
        default: []
        }
    }

    /// Where a reference leads.
    func at(_ reference: String) -> Any? {
        guard reference.hasPrefix("#/") else { return nil }
        return reference.dropFirst(2).split(separator: "/").reduce(json as Any?) { value, name in
            (value as? [String: Any])?[String(name)]
        }
    }

    func resolved(_ value: Any?) -> Any? {
        guard let reference = (value as? [String: Any])?["$ref"] as? String else { return value }
        return at(reference)
    }

    /// Every member of the answer is described, and what is required is there.
    /// - Parameter all: also what is not required.
    func expectMembers(of answer: HTTPAnswer, _ schema: String, all: Bool = false) throws {
        let schema = try #require(at("#/components/schemas/\(schema)") as? [String: Any])
        let described = Set((schema["properties"] as? [String: Any] ?? [:]).keys)
        let needed = all ? described : Set(schema["required"] as? [String] ?? [])
        let members = Set(answer.json.keys)
        #expect(members.isSubset(of: described), "\(answer.text)")
        #expect(needed.isSubset(of: members), "\(answer.text)")
    }
}
