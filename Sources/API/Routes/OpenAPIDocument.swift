/// The API's description for programs. The fuzzer of `make check` compares it with what is served.
enum OpenAPIDocument {
    static func text(version: String) -> String { "{\"openapi\": \"3.1.0\", \"version\": \"\(version)\"}" }
}
