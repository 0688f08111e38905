extension OpenAPIDocument {
    static let headers = #"""
        {
              "RequestID": {
                "required": true,
                "description": "The request's name in the server's log.",
                "schema": {"type": "string"}
              },
              "RetryAfter": {
                "required": true,
                "description": "Seconds after which the same request may work.",
                "schema": {"type": "integer", "minimum": 1}
              },
              "SignIn": {
                "required": true,
                "description": "How to sign in.",
                "schema": {"const": "Bearer"}
              }
            }
        """#

    static let responses = #"""
        {
              "Refused": \#(problem("The request is refused; `code` says why.")),
              "NotAuthenticated": \#(
                  problem("There is no token, or it is not valid.", ("WWW-Authenticate", "SignIn"))),
              "WrongFields": \#(problem("Fields are wrong; `detail` lists all of them.")),
              "Failed": \#(problem("The server could not do it; its log says why.")),
              "Later": \#(
                  problem(
                      "What the server needs is not there at present. The same request may work later.",
                      ("Retry-After", "RetryAfter")))
            }
        """#

    /// - Parameter header: one beside X-Request-ID, with its name among the components.
    private static func problem(_ description: String, _ header: (name: String, component: String)? = nil) -> String {
        let other = header.map { ##", "\##($0.name)": {"$ref": "#/components/headers/\##($0.component)"}"## } ?? ""
        return #"""
            {
                "description": "\#(description)",
                "headers": {"X-Request-ID": {"$ref": "#/components/headers/RequestID"}\#(other)},
                "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
              }
            """#
    }

    static let problemSchemas = #"""
        "Problem": {
          "type": "object",
          "description": "What went wrong, as RFC 9457 has it.",
          "required": ["type", "title", "status", "detail", "code", "instance"],
          "properties": {
            "type": {"const": "about:blank"},
            "title": {"type": "string"},
            "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "detail": {
              "description": "A sentence for people; for 422 a list of the wrong fields.",
              "oneOf": [
                {"type": "string"},
                {"type": "array", "minItems": 1, "items": {"$ref": "#/components/schemas/WrongField"}}
              ]
            },
            "code": {"type": "string", "pattern": "^[a-z0-9_]+$", "description": "A stable name for programs."},
            "instance": {"type": "string", "pattern": "^urn:request:", "description": "Ends in the request's id."},
            "missing": {
              "type": "array", "items": {"type": "integer", "minimum": 0},
              "description": "Indices of the chunks that are to be sent."
            }
          }
        },
        "WrongField": {
          "type": "object",
          "required": ["loc", "msg", "type"],
          "properties": {
            "loc": {
              "type": "array", "minItems": 1, "items": {"type": "string"},
              "description": "`body` or `path`, then the field's name."
            },
            "msg": {"type": "string"},
            "type": {"type": "string"}
          }
        }
        """#
}
