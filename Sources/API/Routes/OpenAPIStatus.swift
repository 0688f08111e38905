extension OpenAPIDocument {
    static let statusPaths = #"""
        "/": {
          "get": \#(status("readFront", "Says what this is, and which version.", schema: "Front"))
        },
        "/livez": {
          "get": \#(status("readLiveness", "Answers while the process lives. Asks nobody else.", schema: "Health"))
        },
        "/healthz": {
          "get": \#(status("readHealth", "The same as `/livez`.", schema: "Health"))
        },
        "/readyz": {
          "get": {
            "operationId": "readReadiness",
            "tags": ["status"],
            "summary": "Says whether uploads can be taken.",
            "security": [],
            "responses": {
              "200": {
                "description": "Database and storage answer.",
                "headers": {"X-Request-ID": {"$ref": "#/components/headers/RequestID"}},
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Health"}}}
              },
              "503": {
                "description": "One of them does not; `checks` says which.",
                "headers": {
                  "X-Request-ID": {"$ref": "#/components/headers/RequestID"},
                  "Retry-After": {"$ref": "#/components/headers/RetryAfter"}
                },
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Health"}}}
              }
            }
          }
        },
        "/metrics": {
          "get": {
            "operationId": "readMetrics",
            "tags": ["status"],
            "summary": "Numbers for Prometheus.",
            "security": [],
            "responses": {
              "200": {
                "description": "In the text format, version 0.0.4.",
                "headers": {"X-Request-ID": {"$ref": "#/components/headers/RequestID"}},
                "content": {"text/plain": {"schema": {"type": "string"}}}
              }
            }
          }
        },
        "/openapi.json": {
          "get": \#(status("readDescription", "This description.", schema: "Description"))
        }
        """#

    private static func status(_ operation: String, _ summary: String, schema: String) -> String {
        #"""
        {
            "operationId": "\#(operation)",
            "tags": ["status"],
            "summary": "\#(summary)",
            "security": [],
            "responses": {
              "200": {
                "description": "The answer.",
                "headers": {"X-Request-ID": {"$ref": "#/components/headers/RequestID"}},
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/\#(schema)"}}}
              }
            }
          }
        """#
    }

    static let statusSchemas = #"""
        "Front": {
          "type": "object",
          "required": ["name", "version", "description", "openapi"],
          "properties": {
            "name": {"type": "string"},
            "version": {"type": "string"},
            "description": {"type": "string"},
            "openapi": {"type": "string", "description": "Where this description lies."}
          }
        },
        "Health": {
          "type": "object",
          "required": ["status"],
          "properties": {
            "status": {"enum": ["ok", "unavailable"]},
            "checks": {
              "type": "object",
              "required": ["database", "storage"],
              "additionalProperties": {"type": "string"},
              "description": "Each `ok`, or a sentence that says what is wrong. Only of `/readyz`."
            }
          }
        },
        "Description": {
          "type": "object",
          "required": ["openapi", "info", "paths"],
          "properties": {"openapi": {"const": "3.1.0"}, "info": {"type": "object"}, "paths": {"type": "object"}}
        }
        """#
}
