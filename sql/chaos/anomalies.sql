-- What the history says that it must not say: one row, one sentence for each thing that is wrong. Reads all of it, so
-- it is for databases that a test made.

-- Who held what from when to when. The end of a span is the beginning of the next change of the same row.
CREATE VIEW chaos.spans AS
SELECT * FROM (
  SELECT c.*, lead(c.at, 1, 'infinity') OVER (PARTITION BY c.queue_id ORDER BY c.id) AS until FROM chaos.claims c) AS spans
WHERE change <> 'delete';

CREATE VIEW chaos.asked AS
SELECT r.*, t.task_type,
  (SELECT count(*) FROM v2_task_runs x WHERE x.queue_id = r.queue_id AND x.task_type = t.task_type AND x.outcome = 'succeeded') AS successes
FROM chaos.rows r CROSS JOIN LATERAL unnest(r.task_types) AS t (task_type);

-- One row per row that left the queue, with the outcome that the book has for it.
CREATE VIEW chaos.ended AS
SELECT r.*, b.outcome,
  NOT EXISTS (SELECT FROM chaos.asked a WHERE a.queue_id = r.queue_id AND a.successes = 0) AS is_done,
  (SELECT x.outcome FROM v2_task_runs x WHERE x.queue_id = r.queue_id ORDER BY x.id DESC LIMIT 1) AS last_run
FROM chaos.rows r LEFT JOIN v2_requests b ON b.queue_id = r.queue_id WHERE r.left_at IS NOT NULL;

CREATE FUNCTION chaos.wrong_rows() RETURNS SETOF text LANGUAGE sql SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT format('row %s was committed and is neither in the queue nor was it removed', r.queue_id)
  FROM chaos.rows r WHERE r.left_at IS NULL AND NOT EXISTS (SELECT FROM v2_queue q WHERE q.id = r.queue_id)
  UNION ALL
  SELECT format('row %s is in the queue and was never committed to it', q.id)
  FROM v2_queue q WHERE NOT EXISTS (SELECT FROM chaos.rows r WHERE r.queue_id = q.id)
  UNION ALL
  SELECT format('row %s is in the queue and was removed from it', r.queue_id)
  FROM chaos.rows r JOIN v2_queue q ON q.id = r.queue_id WHERE r.left_at IS NOT NULL
  UNION ALL
  SELECT format('row %s left the queue without an outcome', e.queue_id)
  FROM chaos.ended e WHERE e.outcome IS NULL
  UNION ALL
  SELECT format('row %s is in the queue and has the outcome %s', q.id, b.outcome)
  FROM v2_queue q JOIN v2_requests b ON b.queue_id = q.id
  UNION ALL
  SELECT format('row %s has the outcome %s and was never committed', b.queue_id, b.outcome)
  FROM v2_requests b WHERE NOT EXISTS (SELECT FROM chaos.rows r WHERE r.queue_id = b.queue_id)
  UNION ALL
  SELECT format('row %s has the outcome succeeded, and not all of %s have succeeded', e.queue_id, e.task_types)
  FROM chaos.ended e WHERE e.outcome = 'succeeded' AND NOT e.is_done
  UNION ALL
  SELECT format('row %s has failed for want of the database', r.queue_id)
  FROM v2_task_runs r JOIN v2_requests b ON b.queue_id = r.queue_id
  WHERE b.outcome = 'failed' AND r.error_code = 'database_unreachable'
    AND NOT EXISTS (SELECT FROM v2_task_runs later WHERE later.queue_id = r.queue_id AND later.id > r.id)
  UNION ALL
  SELECT format('row %s has the outcome failed, and its last run ended as %s', e.queue_id, coalesce(e.last_run, 'none'))
  FROM chaos.ended e WHERE e.outcome = 'failed' AND coalesce(e.last_run, '') NOT IN ('failed', 'timed_out', 'lost')
$$;

CREATE FUNCTION chaos.wrong_leases() RETURNS SETOF text LANGUAGE sql SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT format('dataset %s: row %s was claimed by %s at %s while the lease of another row lasted until %s', dataset_id, queue_id, worker, at, before)
  FROM (SELECT s.*, max(until) OVER (PARTITION BY dataset_id ORDER BY at, id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
        FROM chaos.spans s) AS s WHERE at < before
  UNION ALL
  SELECT format('slot %s was given to row %s at %s while another row had it until %s', gpu_slot, queue_id, at, before)
  FROM (SELECT s.*, max(until) OVER (PARTITION BY gpu_slot ORDER BY at, id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
        FROM chaos.spans s WHERE gpu_slot IS NOT NULL) AS s WHERE at < before
  UNION ALL
  SELECT format('row %s: attempt %s by %s came after attempt %s by %s', queue_id, attempt, worker, attempt_before, worker_before)
  FROM (SELECT s.*, lag(attempt) OVER w AS attempt_before, lag(worker) OVER w AS worker_before, lag(instance) OVER w AS instance_before
        FROM chaos.spans s WINDOW w AS (PARTITION BY queue_id ORDER BY id)) AS s
  WHERE attempt < attempt_before
     OR (attempt = attempt_before AND (change = 'insert' OR worker <> worker_before OR instance <> instance_before))
$$;

CREATE FUNCTION chaos.wrong_runs() RETURNS SETOF text LANGUAGE sql SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT format('dataset %s: run %s of row %s (%s, attempt %s) began at %s, before an earlier run ended at %s',
    dataset_id, id, queue_id, task_type, attempt, started_at, before)
  FROM (SELECT r.*, max(coalesce(finished_at, 'infinity')) OVER (PARTITION BY dataset_id ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
        FROM v2_task_runs r) AS r WHERE started_at < before
  UNION ALL
  SELECT format('run %s of row %s ended before it began', id, queue_id) FROM v2_task_runs WHERE finished_at < started_at
  UNION ALL
  SELECT format('row %s: a run of attempt %s came after one of attempt %s', queue_id, attempt, attempt_before)
  FROM (SELECT r.*, lag(attempt) OVER (PARTITION BY queue_id ORDER BY id) AS attempt_before FROM v2_task_runs r) AS r
  WHERE attempt < attempt_before
  UNION ALL
  SELECT format('row %s: attempt %s has %s runs of %s', queue_id, attempt, count(*), task_type)
  FROM v2_task_runs GROUP BY queue_id, attempt, task_type HAVING count(*) > 1
  UNION ALL
  SELECT format('run %s of row %s names %s and attempt %s, which never held the lease', r.id, r.queue_id, r.worker, r.attempt)
  FROM v2_task_runs r WHERE NOT EXISTS (
    SELECT FROM chaos.claims c WHERE c.queue_id = r.queue_id AND c.attempt = r.attempt AND c.worker = r.worker)
  UNION ALL
  SELECT format('run %s of row %s (%s) is open and the row has no lease', r.id, r.queue_id, r.task_type)
  FROM v2_task_runs r WHERE r.outcome IS NULL AND NOT EXISTS (SELECT FROM v2_queue_lease l WHERE l.queue_id = r.queue_id)
  UNION ALL
  SELECT format('row %s: stage %s has succeeded %s times', a.queue_id, a.task_type, a.successes)
  FROM chaos.asked a WHERE a.successes > 1
$$;

-- Of stages that publish into v2_metadata: in a chaos run all of them, else the stage of that name.
CREATE FUNCTION chaos.wrong_effects() RETURNS SETOF text LANGUAGE sql SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT format('the result of %s for dataset %s was published by %s, and the lease was %s', e.task_type, e.dataset_id,
    e.published_by, coalesce('held by ' || e.worker, 'gone'))
  FROM chaos.effects e WHERE e.worker IS NULL OR (e.made_in IS NOT NULL AND e.published_by <> e.worker)
  UNION ALL
  SELECT format('row %s: the result of %s was published in attempt %s, which has no succeeded run', e.queue_id, e.task_type, e.attempt)
  FROM chaos.effects e WHERE e.worker IS NOT NULL AND NOT EXISTS (
    SELECT FROM v2_task_runs r WHERE r.queue_id = e.queue_id AND r.task_type = e.task_type AND r.attempt = e.attempt
      AND r.outcome = 'succeeded')
  UNION ALL
  -- One attempt may write its result again: the answer to its first try may have been lost on its way.
  SELECT format('row %s: the result of %s was published by %s attempts', queue_id, task_type, count(DISTINCT (attempt, made_in)))
  FROM chaos.effects GROUP BY queue_id, task_type HAVING count(DISTINCT (attempt, made_in)) > 1
  UNION ALL
  SELECT format('run %s of row %s (%s) has succeeded and published nothing', r.id, r.queue_id, r.task_type)
  FROM v2_task_runs r WHERE r.outcome = 'succeeded'
    AND (r.task_type = 'metadata' OR EXISTS (SELECT FROM chaos.effects WHERE made_in IS NOT NULL))
    AND NOT EXISTS (SELECT FROM chaos.effects e
                    WHERE e.queue_id = r.queue_id AND e.task_type = r.task_type AND e.attempt = r.attempt)
$$;

-- Once nothing runs any more.
CREATE FUNCTION chaos.wrong_at_rest() RETURNS SETOF text LANGUAGE sql SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT format('row %s is left in the queue: %s', q.id,
    coalesce(v2_why_waiting(q.id), CASE WHEN EXISTS (SELECT FROM v2_queue_lease l WHERE l.queue_id = q.id)
      THEN 'it has a lease' ELSE 'it is marked as processing and has no lease' END))
  FROM v2_queue q
  UNION ALL
  SELECT format('a lease of row %s by %s is left', l.queue_id, l.worker) FROM v2_queue_lease l
  UNION ALL
  SELECT format('dataset %s still says %s', s.dataset_id, s.current_status) FROM v2_statuses s WHERE s.current_status <> 'idle'
  UNION ALL
  SELECT format('dataset %s: %s is %s, and the last run of %s ended as %s', dataset_id, flag, set, task_type, outcome)
  FROM (SELECT DISTINCT ON (r.dataset_id, r.task_type) r.dataset_id, r.task_type, r.outcome, f.flag,
          (to_jsonb(s)->>f.flag)::boolean AS set
        FROM v2_task_runs r
        JOIN (VALUES ('odm_processing', 'is_odm_done'), ('geotiff', 'is_ortho_done'), ('metadata', 'is_metadata_done'),
                     ('cog', 'is_cog_done'), ('thumbnail', 'is_thumbnail_done')) AS f (task_type, flag) USING (task_type)
        JOIN v2_statuses s ON s.dataset_id = r.dataset_id
        ORDER BY r.dataset_id, r.task_type, r.id DESC) AS last
  WHERE set <> (outcome IS NOT DISTINCT FROM 'succeeded')
  UNION ALL
  SELECT format('dataset %s has an error (%s), and no row of it has failed', s.dataset_id, s.error_message)
  FROM v2_statuses s
  WHERE s.has_error AND NOT EXISTS (SELECT FROM chaos.ended e WHERE e.dataset_id = s.dataset_id AND e.outcome IN ('failed', 'timed_out'))
$$;

CREATE FUNCTION chaos.anomalies(at_rest boolean) RETURNS SETOF text LANGUAGE sql SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT chaos.wrong_rows() UNION ALL SELECT chaos.wrong_leases() UNION ALL SELECT chaos.wrong_runs()
  UNION ALL SELECT chaos.wrong_effects() UNION ALL (SELECT anomaly FROM chaos.wrong_at_rest() AS anomaly WHERE at_rest)
$$;

CREATE FUNCTION chaos.figures() RETURNS TABLE (figure text, amount bigint) LANGUAGE sql SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT 'rows committed', count(*) FROM chaos.rows
  UNION ALL (SELECT 'rows ' || coalesce(outcome, 'without an outcome'), count(*) FROM chaos.ended GROUP BY 1 ORDER BY 2 DESC)
  UNION ALL (SELECT 'runs ' || coalesce(outcome, 'open'), count(*) FROM v2_task_runs GROUP BY 1 ORDER BY 2 DESC)
  UNION ALL SELECT 'claims', count(*) FROM (SELECT DISTINCT queue_id, attempt FROM chaos.claims) AS claims
  UNION ALL SELECT 'take-overs', count(*) FROM (
    SELECT lag(attempt) OVER (PARTITION BY queue_id ORDER BY id) AS before, c.* FROM chaos.claims c) AS c
    WHERE change = 'update' AND attempt <> before
  UNION ALL SELECT 'results published', count(*) FROM chaos.effects
$$;
