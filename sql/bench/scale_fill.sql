-- Tops the queue up to :rows waiting rows of cheap work, each with a dataset of its own. Past the triggers where
-- :role is replica: a million rows one by one take minutes. With origin, they run.
SET session_replication_role = :role;
INSERT INTO auth.users (id, email) VALUES ('00000000-0000-4000-8000-00000000be4c', 'bench@example.org')
ON CONFLICT DO NOTHING;
SELECT :rows - count(*) AS missing FROM v2_queue \gset
WITH d AS (
  INSERT INTO v2_datasets (user_id, file_name, license, platform)
  SELECT '00000000-0000-4000-8000-00000000be4c', 'bench.tif', 'CC BY', 'drone' FROM generate_series(1, :missing) RETURNING id)
INSERT INTO v2_statuses (dataset_id, is_upload_done) SELECT id, true FROM d;
INSERT INTO v2_queue (dataset_id, user_id, task_types, is_ready)
SELECT id, user_id, '{metadata}', true FROM (SELECT * FROM v2_datasets ORDER BY id DESC LIMIT :missing) AS added ORDER BY id;
-- Autovacuum would, a minute later.
VACUUM ANALYZE v2_datasets, v2_statuses, v2_queue;
