-- :rows datasets whose upload is done, each with one row of cheap work. One row a dataset: two rows of one dataset
-- never run at a time.
INSERT INTO auth.users (id, email) VALUES ('00000000-0000-4000-8000-00000000be4c', 'bench@example.org')
ON CONFLICT DO NOTHING;
WITH d AS (
  INSERT INTO v2_datasets (user_id, file_name, license, platform)
  SELECT '00000000-0000-4000-8000-00000000be4c', 'bench.tif', 'CC BY', 'drone' FROM generate_series(1, :rows) RETURNING id)
INSERT INTO v2_statuses (dataset_id, is_upload_done) SELECT id, true FROM d;
INSERT INTO v2_queue (dataset_id, user_id, task_types)
SELECT id, user_id, '{metadata}' FROM v2_datasets WHERE user_id = '00000000-0000-4000-8000-00000000be4c' ORDER BY id;
VACUUM ANALYZE v2_datasets, v2_statuses, v2_queue, v2_queue_lease, v2_task_runs, v2_requests;
