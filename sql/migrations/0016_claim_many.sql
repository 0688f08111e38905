-- Claiming and ending many rows at a time, each in one statement, with their stages' history and their datasets'
-- statuses. Locks are taken in one order everywhere: queue row, lease, then the rest; and by id where there are many.

ALTER TABLE v2_workers ADD COLUMN refuses text;
COMMENT ON COLUMN v2_workers.refuses IS 'Why it claims nothing just now, e.g. that its disk is full; null when it claims.';
ALTER TABLE v2_deployment ADD COLUMN swept_at timestamptz NOT NULL DEFAULT now();
COMMENT ON COLUMN v2_deployment.swept_at IS 'When a worker last ran v2_sweep().';

-- One index for each of the two kinds of pick.
DROP INDEX v2_queue_claim_any;
CREATE INDEX v2_queue_claim_gpu ON v2_queue (priority DESC, created_at, id)
  WHERE NOT is_processing AND is_ready AND not_before IS NULL AND needs_gpu;
-- Leases that ran out, also where a hundred thousand were deleted since the last vacuum.
CREATE INDEX v2_queue_lease_until ON v2_queue_lease (lease_until);

-- A claim changes none of what this trigger looks at.
DROP TRIGGER v2_queue_prepare_update ON v2_queue;
CREATE TRIGGER v2_queue_prepare_update BEFORE UPDATE OF task_types, dataset_id, is_processing ON v2_queue
  FOR EACH ROW WHEN ((NEW.task_types, NEW.dataset_id) IS DISTINCT FROM (OLD.task_types, OLD.dataset_id)
                     OR (OLD.is_processing AND NOT NEW.is_processing))
  EXECUTE FUNCTION v2_queue_prepare_row();

CREATE OR REPLACE FUNCTION v2_queue_notify_update() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  -- Most updates are claims, which make nothing runnable: they pay for the first test only.
  IF EXISTS (SELECT FROM changed WHERE NOT is_processing AND is_ready AND not_before IS NULL) AND EXISTS (
    SELECT FROM changed n JOIN previous o USING (id)
    WHERE NOT n.is_processing AND n.is_ready AND n.not_before IS NULL
      AND (o.is_processing, o.is_ready, o.not_before, o.priority, o.task_types, o.dataset_id)
          IS DISTINCT FROM (n.is_processing, n.is_ready, n.not_before, n.priority, n.task_types, n.dataset_id)
  ) THEN
    PERFORM pg_notify('v2_queue', 'work');
  END IF;
  RETURN NULL;
END $$;

-- What leases give back can be what a waiting row waits for: a GPU slot, or its dataset.
DROP TRIGGER v2_lease_deleted ON v2_queue_lease;
DROP TRIGGER v2_lease_slot_freed ON v2_queue_lease;
DROP FUNCTION v2_lease_given_back();
CREATE FUNCTION v2_leases_given_back() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET plan_cache_mode = force_generic_plan
  SET jit = off SET enable_seqscan = off AS $$
BEGIN
  IF EXISTS (SELECT FROM given_back WHERE gpu_slot IS NOT NULL) OR EXISTS (
    SELECT FROM v2_queue q WHERE q.dataset_id = ANY (ARRAY(SELECT dataset_id FROM given_back)) AND NOT q.is_processing) THEN
    PERFORM pg_notify('v2_queue', 'work');
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER v2_leases_deleted AFTER DELETE ON v2_queue_lease
  REFERENCING OLD TABLE AS given_back FOR EACH STATEMENT EXECUTE FUNCTION v2_leases_given_back();
CREATE TRIGGER v2_lease_slot_freed AFTER UPDATE OF gpu_slot ON v2_queue_lease
  FOR EACH ROW WHEN (OLD.gpu_slot IS NOT NULL AND NEW.gpu_slot IS DISTINCT FROM OLD.gpu_slot)
  EXECUTE FUNCTION v2_queue_resumed();

-- Shows in v2_statuses what was done and what begins: a done flag is set, the flag of what begins is cleared with
-- an earlier error. A new flag gets its line here.
CREATE FUNCTION v2_mark_stages(p_datasets bigint[], p_done text[], p_begun text[], p_statuses text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp
  SET plan_cache_mode = force_generic_plan SET jit = off SET enable_seqscan = off AS $$
BEGIN
  UPDATE v2_statuses s SET
    current_status = coalesce(stage.status::v2_status, 'idle'),
    is_odm_done = (s.is_odm_done OR stage.done = 'is_odm_done') AND stage.begun <> 'is_odm_done',
    is_ortho_done = (s.is_ortho_done OR stage.done = 'is_ortho_done') AND stage.begun <> 'is_ortho_done',
    is_metadata_done = (s.is_metadata_done OR stage.done = 'is_metadata_done') AND stage.begun <> 'is_metadata_done',
    is_cog_done = (s.is_cog_done OR stage.done = 'is_cog_done') AND stage.begun <> 'is_cog_done',
    is_thumbnail_done = (s.is_thumbnail_done OR stage.done = 'is_thumbnail_done') AND stage.begun <> 'is_thumbnail_done',
    is_deadwood_done = (s.is_deadwood_done OR stage.done = 'is_deadwood_done') AND stage.begun <> 'is_deadwood_done',
    is_forest_cover_done = (s.is_forest_cover_done OR stage.done = 'is_forest_cover_done')
      AND stage.begun <> 'is_forest_cover_done',
    is_combined_model_done = (s.is_combined_model_done OR stage.done = 'is_combined_model_done')
      AND stage.begun <> 'is_combined_model_done',
    has_error = s.has_error AND stage.begun = '',
    error_message = CASE WHEN stage.begun = '' THEN s.error_message END,
    updated_at = now()
  FROM (
    SELECT o.id, array_position(p_datasets, o.dataset_id) AS place FROM v2_statuses o
    WHERE o.dataset_id = ANY (p_datasets) OFFSET 0) AS found,
    LATERAL (SELECT coalesce(p_done[place], '') AS done, coalesce(p_begun[place], '') AS begun, p_statuses[place] AS status) AS stage
  WHERE s.id = found.id;
END $$;
COMMENT ON FUNCTION v2_mark_stages IS 'Shows in v2_statuses which stages are done and which begin. Called by workers only.';

DROP FUNCTION v2_claim(text, uuid, text, text[], integer, interval);
DROP FUNCTION v2_claim_waiting(text, uuid, text, text[], interval);
DROP FUNCTION v2_take_over(text, uuid, text, text[], interval, boolean);
DROP FUNCTION v2_next_waiting(text[], boolean);

-- Of the types that a row asks for, the first in the worker's order that has not been done; null when all are, or
-- when the worker does not know one of them.
CREATE FUNCTION v2_first_stage(p_types text[], p_asked text[], p_done text[]) RETURNS text
LANGUAGE sql IMMUTABLE AS $$  -- without settings of its own, so that PostgreSQL can inline it
  SELECT (SELECT known.type FROM unnest(p_types) WITH ORDINALITY AS known (type, place)
          WHERE p_asked <@ p_types AND known.type = ANY (p_asked) AND known.type <> ALL (p_done) ORDER BY place LIMIT 1)
$$;

-- Which stages a row has finished in its earlier attempts.
CREATE FUNCTION v2_stages_done(p_queue_id bigint) RETURNS text[]
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT coalesce(array_agg(DISTINCT task_type), '{}') FROM v2_task_runs WHERE queue_id = p_queue_id AND outcome = 'succeeded'
$$;

-- How these functions are written: one table a statement, rows named by arrays of ids. A join would be planned by what
-- the tables held when its plan was made, which for a queue is often nothing, and be kept while they fill.

-- Takes over claims that ran out, unless p_only_own, and with p_known those that this worker left in an earlier
-- life or whose answer never reached it: all of its own but the ones in p_known. The container and the deadline stay
-- on record, so that a run that is still going on is taken up, not started anew. Returns the queue ids.
CREATE FUNCTION v2_take_over(
  p_worker text, p_instance uuid, p_host text, p_types text[], p_limit integer, p_lease interval,
  p_known bigint[], p_only_own boolean)
RETURNS bigint[] LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp
  SET plan_cache_mode = force_generic_plan SET jit = off SET enable_seqscan = off AS $$
DECLARE
  ready bigint[];
  taken bigint[] := '{}';
  row   record;
  lease v2_queue_lease;
BEGIN
  IF NOT p_only_own THEN
    ready := ARRAY(SELECT queue_id FROM v2_queue_lease WHERE lease_until < now() AND worker <> p_worker);
  END IF;
  IF p_known IS NOT NULL THEN
    ready := ready || ARRAY(SELECT queue_id FROM v2_queue_lease WHERE worker = p_worker AND queue_id <> ALL (p_known));
  END IF;
  IF coalesce(cardinality(ready), 0) = 0 THEN
    RETURN taken;
  END IF;
  FOR row IN
    SELECT id, task_types, attempt + 1 AS attempt FROM v2_queue
    WHERE id = ANY (ready) AND coalesce(task_types <@ p_types, true) ORDER BY id LIMIT p_limit FOR UPDATE SKIP LOCKED
  LOOP
    -- As it is now: its owner may have renewed it, or somebody else have been faster.
    SELECT * INTO lease FROM v2_queue_lease WHERE queue_id = row.id AND attempt = row.attempt - 1
      AND (lease_until < now() AND worker <> p_worker OR worker = p_worker AND p_known IS NOT NULL) FOR UPDATE SKIP LOCKED;
    CONTINUE WHEN NOT FOUND;
    UPDATE v2_task_runs SET outcome = 'lost', finished_at = clock_timestamp(), error = 'the worker ' || lease.worker || ' went away'
    WHERE queue_id = row.id AND outcome IS NULL;
    UPDATE v2_queue SET attempt = row.attempt, claimed_by = p_worker, claimed_at = now() WHERE id = row.id;
    UPDATE v2_queue_lease SET
      worker = p_worker, instance = p_instance, attempt = row.attempt, claimed_at = now(), heartbeat_at = now(),
      lease_until = now() + p_lease, stage = v2_first_stage(p_types, row.task_types, v2_stages_done(row.id)), progress = 0,
      note = 'taken over from ' || lease.worker,
      -- A slot that is bound to another host is of no use here.
      gpu_slot = (SELECT s.name FROM v2_gpu_slots s WHERE s.name = lease.gpu_slot AND coalesce(s.host, p_host) = p_host)
    WHERE queue_id = row.id;
    taken := taken || row.id;
  END LOOP;
  RETURN taken;
END $$;

-- Claims waiting rows by priority, then age. GPU rows are picked apart and only as many as there are free slots: ten
-- thousand of them behind a taken slot cost nothing. Whoever loses a race for a slot or a dataset gets no lease, by
-- the unique columns of v2_queue_lease, and leaves the row as it was. Returns the queue ids.
CREATE FUNCTION v2_claim_waiting(
  p_worker text, p_instance uuid, p_host text, p_types text[], p_limit integer, p_lease interval)
RETURNS bigint[] LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp
  -- Walk the index, in order, whatever the limit and however few match.
  SET plan_cache_mode = force_generic_plan SET jit = off
  SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off AS $$
DECLARE
  known text[] := ARRAY(SELECT name FROM v2_task_types);
  slots text[] := ARRAY(
    SELECT s.name FROM v2_gpu_slots s
    WHERE 'odm_processing' = ANY (p_types) AND (s.host IS NULL OR s.host = p_host)
      AND (SELECT l.queue_id FROM v2_queue_lease l WHERE l.gpu_slot = s.name) IS NULL
    ORDER BY s.host NULLS LAST, s.name);
  picked  v2_queue[] := '{}';
  claimed bigint[];
BEGIN
  IF cardinality(slots) > 0 THEN
    picked := ARRAY(
      SELECT q FROM v2_queue q
      WHERE NOT q.is_processing AND q.is_ready AND q.not_before IS NULL AND q.needs_gpu
        -- What no worker could ever run is taken by the first, which says so.
        AND coalesce(q.task_types <@ p_types OR NOT q.task_types <@ known, true)
        AND (SELECT l.queue_id FROM v2_queue_lease l WHERE l.dataset_id = q.dataset_id) IS NULL
      ORDER BY q.priority DESC, q.created_at, q.id LIMIT least(p_limit, cardinality(slots)) FOR UPDATE OF q SKIP LOCKED);
  END IF;
  picked := picked || ARRAY(
    SELECT q FROM v2_queue q
    WHERE NOT q.is_processing AND q.is_ready AND q.not_before IS NULL AND NOT q.needs_gpu
      AND coalesce(q.task_types <@ p_types OR NOT q.task_types <@ known, true)
      AND (SELECT l.queue_id FROM v2_queue_lease l WHERE l.dataset_id = q.dataset_id) IS NULL
    ORDER BY q.priority DESC, q.created_at, q.id LIMIT p_limit FOR UPDATE OF q SKIP LOCKED);
  IF cardinality(picked) = 0 THEN
    RETURN '{}';
  END IF;

  WITH first_of_dataset AS (
    SELECT DISTINCT ON (dataset_id) id, dataset_id, priority, created_at, attempt, needs_gpu, task_types
    FROM unnest(picked) ORDER BY dataset_id, priority DESC, created_at, id
  ), chosen AS (
    SELECT *, row_number() OVER (PARTITION BY needs_gpu ORDER BY priority DESC, created_at, id) AS place
    FROM (SELECT * FROM first_of_dataset ORDER BY priority DESC, created_at, id LIMIT p_limit) AS best
  ), leased AS (
    INSERT INTO v2_queue_lease (queue_id, dataset_id, worker, instance, attempt, lease_until, gpu_slot, stage)
    SELECT id, dataset_id, p_worker, p_instance, attempt + 1, now() + p_lease, CASE WHEN needs_gpu THEN slots[place] END,
      CASE WHEN attempt > 0 THEN v2_first_stage(p_types, task_types, v2_stages_done(id))
        -- The same, written out for the many rows that have no history yet.
        ELSE (SELECT type FROM unnest(p_types) type WHERE type = ANY (task_types) AND task_types <@ p_types LIMIT 1)
      END
    FROM chosen ORDER BY id
    ON CONFLICT DO NOTHING RETURNING queue_id)
  SELECT array_agg(queue_id) INTO claimed FROM leased;
  UPDATE v2_queue SET is_processing = true, attempt = attempt + 1, claimed_by = p_worker, claimed_at = now()
  WHERE id = ANY (claimed);
  RETURN coalesce(claimed, '{}');
END $$;

-- Claims up to p_limit rows for one worker, opens the run of each row's first stage, and returns them.
-- p_types are the task types that the worker runs, in its order, with the status and the done flag of each.
CREATE FUNCTION v2_claim(
  p_worker text, p_instance uuid, p_host text, p_types text[], p_statuses text[], p_flags text[],
  p_limit integer, p_lease interval, p_known bigint[])
RETURNS TABLE (queue_id bigint, dataset_id bigint, user_id uuid, task_types text[], attempt integer, stage text,
               stages_done text[], failed_attempts bigint, is_taken_over boolean, has_container boolean,
               is_dataset_gone boolean)
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp
  SET plan_cache_mode = force_generic_plan SET jit = off SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
  state    text;
  only_own boolean;
  taken    bigint[];
  claimed  bigint[] := '{}';
BEGIN
  -- This is the heartbeat of an idle worker, too.
  UPDATE v2_workers w SET heartbeat_at = now() WHERE w.name = p_worker AND w.instance = p_instance RETURNING w.state INTO state;
  -- A pause or a drain stops new claims. What this worker held before its restart is none.
  only_own := state IS DISTINCT FROM 'running' OR EXISTS (SELECT FROM v2_queue_pause);
  UPDATE v2_queue SET not_before = NULL
  WHERE id = ANY (ARRAY(SELECT q.id FROM v2_queue q WHERE NOT q.is_processing AND q.not_before <= now() FOR UPDATE SKIP LOCKED));

  taken := v2_take_over(p_worker, p_instance, p_host, p_types, p_limit, p_lease, p_known, only_own);
  IF NOT only_own AND cardinality(taken) < p_limit THEN
    claimed := v2_claim_waiting(p_worker, p_instance, p_host, p_types, p_limit - cardinality(taken), p_lease);
  END IF;
  claimed := taken || claimed;
  IF cardinality(claimed) = 0 THEN
    RETURN;
  END IF;

  INSERT INTO v2_task_runs (queue_id, dataset_id, task_type, attempt, worker)
  SELECT l.queue_id, l.dataset_id, l.stage, l.attempt, p_worker FROM v2_queue_lease l
  WHERE l.queue_id = ANY (claimed) AND l.stage IS NOT NULL;
  PERFORM v2_mark_stages(
    array_agg(l.dataset_id), array_agg(NULL::text), array_agg(p_flags[array_position(p_types, l.stage)]),
    array_agg(p_statuses[array_position(p_types, l.stage)]))
  FROM v2_queue_lease l WHERE l.queue_id = ANY (claimed) AND l.stage IS NOT NULL;

  RETURN QUERY
  SELECT q.id, q.dataset_id, q.user_id, q.task_types, q.attempt,
    (SELECT l.stage FROM v2_queue_lease l WHERE l.queue_id = q.id),
    CASE WHEN q.attempt = 1 THEN '{}' ELSE v2_stages_done(q.id) END,
    CASE WHEN q.attempt = 1 THEN 0 ELSE (
      SELECT count(*) FROM v2_task_runs r WHERE r.queue_id = q.id AND r.outcome IN ('failed', 'timed_out', 'lost')) END,
    q.id = ANY (taken),
    (SELECT l.container_id IS NOT NULL FROM v2_queue_lease l WHERE l.queue_id = q.id),
    (SELECT d.id FROM v2_datasets d WHERE d.id = q.dataset_id) IS NULL
  FROM v2_queue q WHERE q.id = ANY (claimed)
  ORDER BY q.id <> ALL (taken), q.priority DESC, q.created_at, q.id;
END $$;
COMMENT ON FUNCTION v2_claim IS 'Claims up to p_limit rows for one worker and opens their first runs. Called by workers only.';

-- Stages that succeeded, many at a time: closes their runs, marks them done, and opens each row's next stage or, where
-- there is none, lets the row go as succeeded. Writes nothing for a claim that is stale. p_ends is an array of
-- {queue_id, attempt, task_type, flag, exit_code, peak_memory_bytes, detail, next_type, next_status, next_flag}.
-- Returns the queue ids whose stage is written, also when an earlier call wrote it and its answer was lost.
CREATE FUNCTION v2_complete(p_worker text, p_ends jsonb) RETURNS SETOF bigint
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp
  SET plan_cache_mode = force_generic_plan SET jit = off SET enable_seqscan = off AS $$
DECLARE
  -- What was asked for: a place in one is a place in all.
  ids           bigint[];
  asked_attempts integer[];
  types         text[];
  flags         text[];
  exit_codes    integer[];
  peaks         bigint[];
  details       text[];
  next_types    text[];
  next_statuses text[];
  next_flags    text[];
  -- Those of them that are not stale, with their datasets and their places in the above.
  held          bigint[];
  datasets      bigint[];
  places        integer[];
  ending        bigint[];
BEGIN
  SELECT array_agg(e.queue_id), array_agg(e.attempt), array_agg(e.task_type), array_agg(e.flag), array_agg(e.exit_code),
    array_agg(e.peak_memory_bytes), array_agg(e.detail), array_agg(e.next_type), array_agg(e.next_status), array_agg(e.next_flag)
  INTO ids, asked_attempts, types, flags, exit_codes, peaks, details, next_types, next_statuses, next_flags
  FROM jsonb_to_recordset(p_ends) AS e (
    queue_id bigint, attempt integer, task_type text, flag text, exit_code integer, peak_memory_bytes bigint,
    detail text, next_type text, next_status text, next_flag text);
  PERFORM FROM v2_queue WHERE id = ANY (ids) ORDER BY id FOR UPDATE;
  SELECT array_agg(l.queue_id), array_agg(l.dataset_id), array_agg(l.place) INTO held, datasets, places FROM (
    SELECT queue_id, dataset_id, array_position(ids, queue_id) AS place FROM v2_queue_lease
    WHERE queue_id = ANY (ids) AND worker = p_worker AND attempt = asked_attempts[array_position(ids, queue_id)]
    ORDER BY queue_id FOR UPDATE) AS l;

  UPDATE v2_task_runs r SET outcome = 'succeeded', finished_at = clock_timestamp(),
    exit_code = exit_codes[array_position(ids, r.queue_id)], peak_memory_bytes = peaks[array_position(ids, r.queue_id)],
    detail = coalesce(r.detail || details[array_position(ids, r.queue_id)]::jsonb, r.detail)
  WHERE r.queue_id = ANY (held) AND r.outcome IS NULL AND r.task_type = types[array_position(ids, r.queue_id)];
  PERFORM v2_mark_stages(
    datasets, ARRAY(SELECT flags[place] FROM unnest(places) place), ARRAY(SELECT next_flags[place] FROM unnest(places) place),
    ARRAY(SELECT next_statuses[place] FROM unnest(places) place));
  ending := ARRAY(SELECT ids[place] FROM unnest(places) place WHERE next_types[place] IS NULL);
  IF cardinality(ending) < cardinality(held) THEN
    PERFORM v2_begin_next(p_worker, held, ids, types, next_types);
  END IF;
  IF cardinality(ending) > 0 THEN
    PERFORM v2_leave_queue(ending, 'succeeded', NULL);
  END IF;

  RETURN QUERY SELECT unnest(held);
  IF coalesce(cardinality(held), 0) < cardinality(ids) THEN
    RETURN QUERY SELECT r.queue_id FROM v2_requests r
      WHERE r.queue_id = ANY (ids) AND r.outcome = 'succeeded' AND r.attempts = asked_attempts[array_position(ids, r.queue_id)]
        AND next_types[array_position(ids, r.queue_id)] IS NULL;
  END IF;
END $$;
COMMENT ON FUNCTION v2_complete IS 'Writes stages that succeeded, and opens the next or ends the row. Called by workers only.';

-- Opens the next stages of the held rows among p_ids, whose places are those of the types. Null: there is none.
CREATE FUNCTION v2_begin_next(p_worker text, p_held bigint[], p_ids bigint[], p_types text[], p_next_types text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp
  SET plan_cache_mode = force_generic_plan SET jit = off SET enable_seqscan = off AS $$
BEGIN
  INSERT INTO v2_task_runs (queue_id, dataset_id, task_type, attempt, worker)
  SELECT l.queue_id, l.dataset_id, p_next_types[array_position(p_ids, l.queue_id)], l.attempt, p_worker
  FROM v2_queue_lease l
  WHERE l.queue_id = ANY (p_held) AND p_next_types[array_position(p_ids, l.queue_id)] IS NOT NULL
  -- The answer to an earlier call may have been lost on its way.
  ON CONFLICT (queue_id) WHERE outcome IS NULL DO NOTHING;
  UPDATE v2_queue_lease l SET stage = p_next_types[array_position(p_ids, l.queue_id)], progress = 0, note = NULL,
    container_id = NULL, deadline_at = NULL, gpu_slot = NULL
  WHERE l.queue_id = ANY (p_held) AND p_next_types[array_position(p_ids, l.queue_id)] IS NOT NULL;
  IF 'odm_processing' = ANY (p_types) THEN
    UPDATE v2_queue q SET needs_gpu = false
    WHERE q.id = ANY (p_held) AND q.needs_gpu AND p_types[array_position(p_ids, q.id)] = 'odm_processing';
  END IF;
END $$;
COMMENT ON FUNCTION v2_begin_next IS 'Opens the next stages of rows that v2_complete has locked. Called by workers only.';

-- What dead workers, dead sessions and switched-off triggers leave behind. Every worker calls it now and then, and once
-- a minute one of them does it.
CREATE FUNCTION v2_sweep() RETURNS boolean LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM FROM v2_deployment WHERE swept_at < now() - interval '1 minute' FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  UPDATE v2_deployment SET swept_at = now();
  UPDATE v2_task_runs r SET outcome = 'lost', finished_at = clock_timestamp(), error = 'the worker ' || r.worker || ' went away'
  WHERE r.outcome IS NULL
    AND NOT EXISTS (SELECT FROM v2_queue_lease l WHERE l.queue_id = r.queue_id AND l.attempt = r.attempt);
  -- Marked as running, and nobody holds it: by a hand that slipped, or by an older system.
  UPDATE v2_queue q SET is_processing = false
  WHERE q.is_processing AND coalesce(q.claimed_at, q.created_at) < now() - interval '10 minutes'
    AND NOT EXISTS (SELECT FROM v2_queue_lease l WHERE l.queue_id = q.id);
  UPDATE v2_queue q SET is_ready = true
  WHERE NOT q.is_processing AND NOT q.is_ready
    AND EXISTS (SELECT FROM v2_statuses s WHERE s.dataset_id = q.dataset_id AND s.is_upload_done);
  RETURN true;
END $$;
COMMENT ON FUNCTION v2_sweep IS 'Closes runs whose worker is gone, and puts back rows that nobody holds. False when that was done less than a minute ago.';

REVOKE EXECUTE ON FUNCTION v2_leave_queue, v2_claim, v2_take_over, v2_claim_waiting, v2_complete, v2_begin_next,
  v2_mark_stages, v2_sweep FROM PUBLIC, anon, authenticated;
