-- Outcomes: a row leaves v2_queue only together with an entry in v2_requests that says what became of it. The
-- primary key sees to it that there is one outcome, the triggers that there is never none.

DROP TRIGGER v2_requests_remember ON v2_queue;
DROP FUNCTION v2_requests_remember();

ALTER TABLE v2_requests
  ADD COLUMN priority    smallint,
  ADD COLUMN attempts    integer NOT NULL DEFAULT 0,
  ADD COLUMN finished_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  ADD COLUMN outcome     text CHECK (outcome IN ('succeeded', 'failed', 'timed_out', 'canceled')),
  ADD COLUMN error       text;
-- Until now a request was written down when it was claimed: those that still run get their outcome in time.
DELETE FROM v2_requests r USING v2_queue q WHERE q.id = r.queue_id;
UPDATE v2_requests r SET
  attempts = coalesce((SELECT max(t.attempt) FROM v2_task_runs t WHERE t.queue_id = r.queue_id), 0),
  finished_at = coalesce((SELECT max(t.finished_at) FROM v2_task_runs t WHERE t.queue_id = r.queue_id), r.created_at),
  (outcome, error) = (
    SELECT CASE WHEN t.outcome IN ('succeeded', 'failed', 'timed_out') THEN t.outcome ELSE 'canceled' END, t.error
    FROM (SELECT) one LEFT JOIN v2_task_runs t ON t.queue_id = r.queue_id ORDER BY t.id DESC NULLS LAST LIMIT 1);
ALTER TABLE v2_requests ALTER COLUMN outcome SET NOT NULL;
COMMENT ON TABLE v2_requests IS 'One row per queue row that has left v2_queue, with its one outcome. Kept for good.';
COMMENT ON COLUMN v2_requests.queue_id IS 'The id that the row had in v2_queue.';
COMMENT ON COLUMN v2_requests.dataset_id IS 'No foreign key: an outcome outlives its dataset.';
COMMENT ON COLUMN v2_requests.user_id IS 'Who asked.';
COMMENT ON COLUMN v2_requests.task_types IS 'What was asked for: what v2_requeue repeats when it is not told.';
COMMENT ON COLUMN v2_requests.created_at IS 'When it was asked for.';
COMMENT ON COLUMN v2_requests.priority IS 'As the row had it at its end; null in entries older than this column.';
COMMENT ON COLUMN v2_requests.attempts IS 'Claims until the end; 0 for a row that never ran.';
COMMENT ON COLUMN v2_requests.finished_at IS 'When the row left the queue.';
COMMENT ON COLUMN v2_requests.outcome IS 'succeeded, failed and timed_out by a worker; canceled when somebody took the row out.';
COMMENT ON COLUMN v2_requests.error IS 'The sentence that the researcher reads, or who took the row out.';

-- Takes rows out of the queue with their outcome, all in the caller's transaction.
CREATE FUNCTION v2_leave_queue(p_queue_ids bigint[], p_outcome text, p_error text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp SET plan_cache_mode = force_generic_plan
  SET jit = off SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
  INSERT INTO v2_requests (queue_id, dataset_id, user_id, task_types, created_at, priority, attempts, outcome, error)
  SELECT q.id, q.dataset_id, q.user_id, q.task_types, q.created_at, q.priority, q.attempt, p_outcome, p_error
  FROM v2_queue q WHERE q.id = ANY (p_queue_ids);
  -- The cascade would take them one by one.
  DELETE FROM v2_queue_lease l WHERE l.queue_id = ANY (p_queue_ids);
  DELETE FROM v2_queue q WHERE q.id = ANY (p_queue_ids);
END $$;
COMMENT ON FUNCTION v2_leave_queue IS 'Takes rows out of v2_queue and writes their outcome. Called by workers only.';

-- Deleted by anybody else: by a user, by an administrator, or with the dataset. Running work sees that its lease is
-- gone and stops.
CREATE OR REPLACE FUNCTION v2_queue_removed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  taken_out bigint[];
BEGIN
  WITH ended AS (
    INSERT INTO v2_requests (queue_id, dataset_id, user_id, task_types, created_at, priority, attempts, outcome, error)
    SELECT q.id, q.dataset_id, q.user_id, q.task_types, q.created_at, q.priority, q.attempt, 'canceled',
      coalesce(nullif(current_setting('deadtrees.why_deleted', true), ''), 'the queue row was deleted')
    FROM removed q
    ON CONFLICT (queue_id) DO NOTHING RETURNING queue_id)
  SELECT array_agg(queue_id) INTO taken_out FROM ended;
  IF taken_out IS NULL THEN
    RETURN NULL;
  END IF;
  WITH canceled AS (
    UPDATE v2_task_runs r SET outcome = 'canceled', finished_at = clock_timestamp(), error = 'the queue row was deleted'
    WHERE r.queue_id = ANY (taken_out) AND r.outcome IS NULL
    RETURNING r.dataset_id)
  UPDATE v2_statuses s SET current_status = 'idle', updated_at = now()
  FROM canceled WHERE s.dataset_id = canceled.dataset_id;
  IF EXISTS (SELECT FROM removed WHERE is_processing) THEN
    PERFORM pg_notify('v2_queue_control', 'look');
  END IF;
  RETURN NULL;
END $$;

CREATE FUNCTION v2_queue_refuse_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'TRUNCATE would take rows out of v2_queue without an outcome' USING HINT = 'Use DELETE FROM v2_queue.';
END $$;
CREATE TRIGGER v2_queue_truncated BEFORE TRUNCATE ON v2_queue
  FOR EACH STATEMENT EXECUTE FUNCTION v2_queue_refuse_truncate();
-- Row level security does not apply to TRUNCATE, and no client of the public API needs the other two.
REVOKE TRUNCATE, REFERENCES, TRIGGER ON v2_queue FROM anon, authenticated;
