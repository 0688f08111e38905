-- Of the waiting rows, the first 100,000 lose their upload, and the next 10,000 want the GPU, whose slot is taken.
-- They stand before all that can run.
SET session_replication_role = replica;
WITH first AS (SELECT id, row_number() OVER (ORDER BY priority DESC, created_at, id) AS place FROM v2_queue)
UPDATE v2_queue q SET is_ready = place > 100000, needs_gpu = place > 100000,
  task_types = CASE WHEN place > 100000 THEN '{odm_processing,metadata}' ELSE task_types END
FROM first WHERE first.id = q.id AND place <= 110000;
UPDATE v2_statuses SET is_upload_done = false WHERE dataset_id IN (SELECT dataset_id FROM v2_queue WHERE NOT is_ready);
WITH running AS (
  UPDATE v2_queue SET is_processing = true, attempt = 1
  WHERE id = (SELECT max(id) FROM v2_queue WHERE needs_gpu) RETURNING id, dataset_id)
INSERT INTO v2_queue_lease (queue_id, dataset_id, worker, instance, attempt, lease_until, stage, gpu_slot)
SELECT id, dataset_id, 'elsewhere', gen_random_uuid(), 1, now() + interval '1 day', 'odm_processing', 'gpu0' FROM running;
VACUUM ANALYZE v2_statuses, v2_queue, v2_queue_lease;
