-- The dataset's status as the platform's web client reads it, with the history of its stages. Variables: dataset.
SELECT jsonb_pretty(to_jsonb(s) || jsonb_build_object(
  'bbox', (SELECT bbox FROM v2_orthos WHERE dataset_id = :dataset),
  'raw_images', (SELECT to_jsonb(r) - 'camera_metadata' FROM v2_raw_images r WHERE dataset_id = :dataset),
  'task_runs', (SELECT jsonb_agg(jsonb_build_object(
      'task_type', task_type, 'attempt', attempt, 'outcome', outcome, 'error', error,
      'seconds', round(extract(epoch FROM finished_at - started_at)::numeric, 2)) ORDER BY id)
    FROM v2_task_runs WHERE dataset_id = :dataset)))
FROM v2_statuses s WHERE dataset_id = :dataset;
