extension OpenAPIDocument {
    static let uploadSchemas = #"""
        "UploadID": {
          "type": "string",
          "pattern": "^[A-Za-z0-9][A-Za-z0-9._\\-]{0,127}$",
          "description": "The client's name for an upload, new for each, such as a UUID."
        },
        "UploadType": {
          "enum": ["geotiff", "raw_images_zip"],
          "description": "An orthophoto, or a ZIP archive of raw photos."
        },
        "Chunk": {
          "type": "object",
          "required": ["file", "chunk_index", "chunks_total", "upload_id", "license", "platform", "authors"],
          "properties": {
            "file": {
              "type": "string",
              "format": "binary",
              "minLength": 1,
              "description": "The chunk's bytes. The name it comes with is the dataset's file name: 1 to 255 bytes."
            },
            "chunk_index": {
              "type": "integer", "minimum": 0, "maximum": 99999,
              "description": "Which chunk this is, below `chunks_total`."
            },
            "chunks_total": {
              "type": "integer", "minimum": 1, "maximum": 100000,
              "description": "How many chunks the upload has."
            },
            "upload_id": {"$ref": "#/components/schemas/UploadID"},
            "upload_type": {
              "$ref": "#/components/schemas/UploadType",
              "description": "Default: by the file's name, `.tif` and `.tiff` or `.zip`."
            },
            "chunk_sha256": {
              "type": "string", "pattern": "^[0-9A-Fa-f]{64}$",
              "description": "SHA-256 of the chunk's bytes. A chunk that has another one is not kept."
            },
            "license": {"$ref": "#/components/schemas/License"},
            "platform": {"$ref": "#/components/schemas/Platform"},
            "authors": {
              "type": "array", "minItems": 1, "items": {"type": "string", "minLength": 1},
              "description": "The field is repeated for each."
            },
            "project_id": {"type": "string"},
            "aquisition_year": {
              "type": "integer", "minimum": 1981, "maximum": 2098,
              "description": "Default, with month and day: when the photos of a ZIP archive were taken."
            },
            "aquisition_month": {"type": "integer", "minimum": 1, "maximum": 12},
            "aquisition_day": {"type": "integer", "minimum": 1, "maximum": 31},
            "additional_information": {"type": "string"},
            "data_access": {"$ref": "#/components/schemas/DataAccess", "default": "public"},
            "citation_doi": {"type": "string"}
          },
          "example": {
            "file": "II*", "chunk_index": 0, "chunks_total": 2, "upload_id": "b5f1c5a0-flight-7",
            "upload_type": "geotiff", "license": "CC BY", "platform": "drone", "authors": ["Ada Lovelace"]
          }
        },
        "ChunkReceived": {
          "type": "object",
          "required": ["message"],
          "properties": {"message": {"type": "string", "examples": ["Chunk 0 of 2 received"]}}
        },
        "UploadState": {
          "type": "object",
          "required": ["upload_id", "file_name", "chunks_total", "received", "missing", "bytes", "state"],
          "properties": {
            "upload_id": {"$ref": "#/components/schemas/UploadID"},
            "upload_type": {"$ref": "#/components/schemas/UploadType"},
            "file_name": {"type": "string"},
            "chunks_total": {"type": "integer", "minimum": 1},
            "received": {
              "type": "array", "items": {"type": "integer", "minimum": 0},
              "description": "Indices of the chunks that are there."
            },
            "missing": {
              "type": "array", "items": {"type": "integer", "minimum": 0},
              "description": "Indices of the chunks that are to be sent."
            },
            "bytes": {"type": "integer", "minimum": 0, "description": "How many are there."},
            "state": {
              "enum": ["receiving", "storing", "done"],
              "description": "`storing` from the last chunk on, `done` once there is the dataset."
            },
            "dataset_id": {"type": "integer", "format": "int64", "description": "Once it is done."}
          }
        }
        """#

    /// The platform's enums, and the dataset that has them.
    static let valueSchemas = #"""
        "License": {"enum": ["CC BY", "CC BY-SA", "CC BY-NC-SA", "MIT", "CC BY-NC"]},
        "Platform": {"enum": ["drone", "airborne", "satellite"], "description": "What carried the camera."},
        "DataAccess": {"enum": ["public", "viewonly", "private"], "description": "Who may see the dataset."},
        "Dataset": {
          "type": "object",
          "required": [
            "id", "user_id", "created_at", "file_name", "license", "platform", "project_id", "authors",
            "aquisition_year", "aquisition_month", "aquisition_day", "additional_information", "data_access",
            "citation_doi", "archived"
          ],
          "properties": {
            "id": {"type": "integer", "format": "int64"},
            "user_id": {"type": "string", "format": "uuid", "description": "Its owner."},
            "created_at": {"type": "string", "format": "date-time"},
            "file_name": {"type": "string"},
            "license": {"$ref": "#/components/schemas/License"},
            "platform": {"$ref": "#/components/schemas/Platform"},
            "project_id": {"type": ["string", "null"]},
            "authors": {"type": "array", "items": {"type": "string"}},
            "aquisition_year": {"type": ["integer", "null"]},
            "aquisition_month": {"type": ["integer", "null"]},
            "aquisition_day": {"type": ["integer", "null"]},
            "additional_information": {"type": ["string", "null"]},
            "data_access": {"$ref": "#/components/schemas/DataAccess"},
            "citation_doi": {"type": ["string", "null"]},
            "archived": {"type": "boolean"}
          }
        }
        """#
}
