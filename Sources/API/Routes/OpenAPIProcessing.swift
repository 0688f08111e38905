extension OpenAPIDocument {
    static let processingPaths = #"""
        "/datasets/{dataset_id}/process": {
          "parameters": [
            {
              "name": "dataset_id",
              "in": "path",
              "required": true,
              "schema": {"type": "integer", "format": "int64", "minimum": 1, "maximum": 9223372036854775807},
              "example": 42
            }
          ],
          "post": \#(queueing("queueDataset", summary: "Queues a dataset's processing.")),
          "put": \#(queueing("requeueDataset", summary: "The same as POST."))
        }
        """#

    private static func queueing(_ operation: String, summary: String) -> String {
        #"""
        {
            "operationId": "\#(operation)",
            "tags": ["processing"],
            "summary": "\#(summary)",
            "description": "Replaces what of the dataset still waits. An error that the dataset has is forgotten.",
            "security": [{"token": []}],
            "requestBody": {
              "required": true,
              "description": "At most 64 KiB.",
              "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ProcessingRequest"}}}
            },
            "responses": {
              "200": {
                "description": "The row of the queue.",
                "headers": {"X-Request-ID": {"$ref": "#/components/headers/RequestID"}},
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/QueueRow"}}}
              },
              "400": {
                "$ref": "#/components/responses/Refused",
                "description": "A task type is unknown or lacks `geotiff`, or the platform's rules are against it."
              },
              "401": {"$ref": "#/components/responses/NotAuthenticated"},
              "403": {
                "$ref": "#/components/responses/Refused",
                "description": "The dataset is not the requester's to process."
              },
              "404": {
                "$ref": "#/components/responses/Refused",
                "description": "There is no such dataset, or the requester may not see it."
              },
              "409": {
                "$ref": "#/components/responses/Refused",
                "description": "Something is being done to the dataset."
              },
              "413": {"$ref": "#/components/responses/Refused", "description": "The body is larger than 64 KiB."},
              "422": {"$ref": "#/components/responses/WrongFields"},
              "500": {"$ref": "#/components/responses/Failed"},
              "503": {"$ref": "#/components/responses/Later"}
            }
          }
        """#
    }

    static let processingSchemas = #"""
        "TaskType": {
          "enum": [
            "odm_processing", "geotiff", "metadata", "cog", "thumbnail", "deadwood_v1", "treecover_v1",
            "deadwood_treecover_combined_v2", "aoi_v1", "embeddings_v1", "deadwood", "treecover"
          ],
          "description": "`deadwood` and `treecover` are stored as `deadwood_v1` and `treecover_v1`."
        },
        "ProcessingRequest": {
          "type": "object",
          "required": ["task_types"],
          "properties": {
            "task_types": {
              "type": "array",
              "minItems": 1,
              "items": {"$ref": "#/components/schemas/TaskType"},
              "description": "All but `odm_processing` and `metadata` need `geotiff` with them."
            },
            "priority": {
              "type": "integer", "minimum": 1, "maximum": 5, "default": 2,
              "description": "Higher ones run first."
            }
          },
          "example": {"task_types": ["geotiff", "metadata", "cog", "thumbnail"], "priority": 2}
        },
        "QueueRow": {
          "type": "object",
          "required": [
            "id", "dataset_id", "user_id", "priority", "is_processing", "claimed_by", "claimed_at", "current_position",
            "estimated_time", "task_types", "estimated_seconds", "estimated_start_seconds"
          ],
          "properties": {
            "id": {"type": "integer", "format": "int64"},
            "dataset_id": {"type": "integer", "format": "int64"},
            "user_id": {"type": "string", "format": "uuid", "description": "Who asked for it."},
            "priority": {"type": "integer", "minimum": 1, "maximum": 5},
            "is_processing": {"type": "boolean", "description": "A worker has it already."},
            "claimed_by": {"type": ["string", "null"], "description": "The worker that has it."},
            "claimed_at": {"type": ["string", "null"], "format": "date-time"},
            "current_position": {
              "type": "integer", "minimum": -1,
              "description": "From 1 among the rows that wait; -1 for one that does not."
            },
            "estimated_time": {"type": "number", "description": "Until it is done, in seconds; 0 while unknown."},
            "task_types": {"type": "array", "items": {"$ref": "#/components/schemas/TaskType"}},
            "estimated_seconds": {
              "type": ["number", "null"],
              "description": "How long it will run, in seconds, by earlier ones; null while unknown."
            },
            "estimated_start_seconds": {
              "type": ["number", "null"],
              "description": "Until it starts, in seconds; null while unknown."
            }
          }
        }
        """#
}
