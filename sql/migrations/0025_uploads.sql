-- Uploads over HTTP: which dataset an upload became, and which one it is becoming.
--
-- An upload's files are stored before its rows are written, so that no row names a file that is not there. What is
-- being stored is written here first: should the server die in between, the next one finds the files and removes them.

CREATE TABLE v2_uploads (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_id     uuid NOT NULL,
  upload_id   text NOT NULL,
  dataset_id  bigint NOT NULL UNIQUE,
  server      text NOT NULL,
  file_name   text NOT NULL,
  bytes       bigint NOT NULL CHECK (bytes >= 0),
  chunks      integer NOT NULL CHECK (chunks > 0),
  fingerprint text NOT NULL,
  created_at  timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz,
  given_up_at timestamptz,
  CHECK (finished_at IS NULL OR given_up_at IS NULL)
);
CREATE INDEX v2_uploads_by_user ON v2_uploads (user_id, upload_id, id DESC);
CREATE INDEX v2_uploads_unfinished ON v2_uploads (created_at) WHERE finished_at IS NULL;

COMMENT ON TABLE v2_uploads IS 'Uploads that became, or are becoming, datasets. Written by the HTTP API.';
COMMENT ON COLUMN v2_uploads.id IS 'Of two uploads of one name the greater one is the newer.';
COMMENT ON COLUMN v2_uploads.user_id IS 'Whose it is.';
COMMENT ON COLUMN v2_uploads.file_name IS 'The last part of the file''s name, as the client gave it.';
COMMENT ON COLUMN v2_uploads.bytes IS 'Size of the file.';
COMMENT ON COLUMN v2_uploads.created_at IS 'When storing began: all chunks were there.';
COMMENT ON COLUMN v2_uploads.upload_id IS 'The name that the client gave to the upload; in use for one upload at a time.';
COMMENT ON COLUMN v2_uploads.dataset_id IS 'The id that was set aside for it. There is such a dataset once finished_at is set, unless it was deleted since.';
COMMENT ON COLUMN v2_uploads.server IS 'Who stores it: WORKER_NAME of the server.';
COMMENT ON COLUMN v2_uploads.chunks IS 'In how many chunks the client sent the file.';
COMMENT ON COLUMN v2_uploads.fingerprint IS 'What a repeated last chunk must agree with to get the same answer.';
COMMENT ON COLUMN v2_uploads.finished_at IS 'Null while its files are being stored: without a server that does it they are leftovers.';

COMMENT ON COLUMN v2_uploads.given_up_at IS 'Its files are being removed, and it cannot become a dataset any more.';

-- Nobody signed in has to do with it: the API asks as the service.
ALTER TABLE v2_uploads ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON v2_uploads FROM PUBLIC, anon, authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON v2_uploads TO service_role;

-- Task types of the platform's own workers: rows with them may be queued, and wait for a worker that has them.
INSERT INTO v2_task_types (name, position) VALUES ('aoi_v1', 90), ('embeddings_v1', 100)
ON CONFLICT (name) DO NOTHING;
