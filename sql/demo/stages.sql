-- One line per stage. Variables: dataset.
SELECT task_type AS stage, outcome, round(extract(epoch FROM finished_at - started_at)::numeric, 1) AS seconds,
  pg_size_pretty(peak_memory_bytes) AS "peak memory", coalesce(error, '') AS error
FROM v2_task_runs WHERE dataset_id = :dataset ORDER BY id;
