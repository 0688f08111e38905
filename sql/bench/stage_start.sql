-- When the row's first stage started, Unix seconds. Parameters: queue id.
SELECT extract(epoch FROM started_at) AS started FROM v2_task_runs WHERE queue_id = $1 AND finished_at IS NOT NULL
