extension OpenAPIDocument {
    static let uploadPaths = #"""
        "/datasets/chunk": {
          "post": {
            "operationId": "sendChunk",
            "tags": ["uploads"],
            "summary": "Takes one chunk of an upload.",
            "description": "\#(sending)",
            "security": [{"token": []}],
            "requestBody": {
              "required": true,
              "content": {
                "multipart/form-data": {
                  "schema": {"$ref": "#/components/schemas/Chunk"},
                  "encoding": {"file": {"contentType": "application/octet-stream"}}
                }
              }
            },
            "responses": {
              "200": {
                "description": "The chunk has arrived. After the last one: the dataset that the upload has become.",
                "headers": {"X-Request-ID": {"$ref": "#/components/headers/RequestID"}},
                "content": {
                  "application/json": {
                    "schema": {
                      "oneOf": [
                        {"$ref": "#/components/schemas/ChunkReceived"},
                        {"$ref": "#/components/schemas/Dataset"}
                      ]
                    }
                  }
                },
                "links": {
                  "state": {
                    "operationId": "readUpload",
                    "parameters": {"upload_id": "$request.body#/upload_id"},
                    "description": "Says which chunks have arrived."
                  }
                }
              },
              "400": {
                "$ref": "#/components/responses/Refused",
                "description": "The form is broken, the chunk is damaged (see `missing`), or the file is refused."
              },
              "401": {"$ref": "#/components/responses/NotAuthenticated"},
              "403": {
                "$ref": "#/components/responses/Refused",
                "description": "The upload id is in use by somebody else."
              },
              "409": {
                "$ref": "#/components/responses/Refused",
                "description": "Chunks in `missing` are to be sent, or the chunk is not of this upload."
              },
              "413": {
                "$ref": "#/components/responses/Refused",
                "description": "The chunk is larger than 1 GiB or the file than 200 GiB, unless set otherwise."
              },
              "422": {"$ref": "#/components/responses/WrongFields"},
              "429": {
                "$ref": "#/components/responses/Later",
                "description": "The requester's unfinished uploads have 500 GiB together, unless set otherwise."
              },
              "500": {"$ref": "#/components/responses/Failed"},
              "503": {"$ref": "#/components/responses/Later"},
              "507": {
                "$ref": "#/components/responses/Later",
                "description": "The disk is full. What has arrived is kept."
              }
            }
          }
        },
        "/datasets/chunk/{upload_id}": {
          "get": {
            "operationId": "readUpload",
            "tags": ["uploads"],
            "summary": "Says what has arrived of an upload of one's own.",
            "security": [{"token": []}],
            "parameters": [
              {
                "name": "upload_id",
                "in": "path",
                "required": true,
                "schema": {"$ref": "#/components/schemas/UploadID"},
                "example": "b5f1c5a0-flight-7"
              }
            ],
            "responses": {
              "200": {
                "description": "What has arrived.",
                "headers": {"X-Request-ID": {"$ref": "#/components/headers/RequestID"}},
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/UploadState"}}}
              },
              "401": {"$ref": "#/components/responses/NotAuthenticated"},
              "404": {
                "$ref": "#/components/responses/Refused",
                "description": "There is no such upload, or it is somebody else's, or it was given up."
              },
              "500": {"$ref": "#/components/responses/Failed"},
              "503": {"$ref": "#/components/responses/Later"}
            }
          }
        }
        """#

    private static let sending = [
        "Chunks may come in any order where all but the last are equally long; in order they may be of any lengths.",
        "The last one is to be sent when all others have been answered. With it the file is checked and stored, which",
        "can take minutes. A chunk may be sent again. Fields may come before or behind the file; before it is faster.",
        "Fields that are not named here are ignored, empty ones count as not given.",
    ].joined(separator: " ")
}
