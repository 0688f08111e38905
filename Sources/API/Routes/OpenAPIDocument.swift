/// The API's description for programs: OpenAPI 3.1. `scripts/fuzz-api` compares it with what is served.
///
/// Its parts are JSON as it is, so that a change of the API and its description read alike.
/// Source: https://spec.openapis.org/oas/v3.1.1.html
enum OpenAPIDocument {
    static func text(version: String) -> String {
        #"""
        {
          "openapi": "3.1.0",
          "info": {
            "title": "DeadTrees API",
            "version": "\#(version)",
            "description": "Takes uploads of orthophotos and raw drone photos in, and queues their processing."
          },
          "servers": [
            {"url": "/"},
            {"url": "/api/v1", "description": "The same."}
          ],
          "tags": [
            {"name": "uploads", "description": "A file comes in chunks. With the last one it becomes a dataset."},
            {"name": "processing", "description": "What is made of a dataset."},
            {"name": "status", "description": "How the server is. No token is needed."}
          ],
          "paths": {
            \#(uploadPaths),
            \#(processingPaths),
            \#(statusPaths)
          },
          "components": {
            "securitySchemes": {
              "token": {
                "type": "http",
                "scheme": "bearer",
                "bearerFormat": "JWT",
                "description": "A token of the platform's sign-in, at most 16 KiB."
              }
            },
            "headers": \#(headers),
            "responses": \#(responses),
            "schemas": {
              \#(valueSchemas),
              \#(uploadSchemas),
              \#(processingSchemas),
              \#(statusSchemas),
              \#(problemSchemas)
            }
          }
        }
        """#
    }
}
