-- ODM rows are claimed before they have a GPU slot: their photos are fetched, unpacked and checked while another run
-- holds it. One row at a time is prepared for each slot. And a host that cannot run ODM just now takes no ODM rows.

ALTER TABLE v2_workers ADD COLUMN refuses_odm text, ADD COLUMN watchdog_at timestamptz;
COMMENT ON COLUMN v2_workers.refuses_odm IS 'Why its host cannot run ODM just now, e.g. that the image is missing; null when it can. Other work goes on.';
COMMENT ON COLUMN v2_workers.watchdog_at IS 'When its watchdog last looked at the containers of its host.';
CREATE OR REPLACE VIEW v2_workers_alive WITH (security_invoker = true) AS
  SELECT name, host, state, task_types, refuses, places, heartbeat_at, refuses_odm FROM v2_workers
  WHERE state <> 'stopped' AND heartbeat_at > now() - gone_after;
COMMENT ON COLUMN v2_workers_alive.refuses_odm IS 'As v2_workers has it.';

-- A host that can run ODM again has rows to claim.
CREATE TRIGGER v2_worker_healed AFTER UPDATE OF refuses_odm ON v2_workers
  FOR EACH ROW WHEN (OLD.refuses_odm IS NOT NULL AND NEW.refuses_odm IS NULL) EXECUTE FUNCTION v2_queue_resumed();
COMMENT ON TRIGGER v2_worker_healed ON v2_workers IS 'Wakes workers: one of them takes ODM rows again.';

-- A row that has got its slot leaves room for the next to be prepared.
CREATE TRIGGER v2_lease_slot_taken AFTER UPDATE OF gpu_slot ON v2_queue_lease
  FOR EACH ROW WHEN (OLD.gpu_slot IS NULL AND NEW.gpu_slot IS NOT NULL) EXECUTE FUNCTION v2_queue_resumed();
COMMENT ON TRIGGER v2_lease_slot_taken ON v2_queue_lease IS 'Wakes workers: the next ODM row may be prepared.';

-- How many more ODM rows may be prepared on this host: one for each slot that it may use, less those that wait for one.
CREATE FUNCTION v2_room_to_prepare(p_host text) RETURNS integer
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  WITH usable AS (SELECT host FROM v2_gpu_slots WHERE host IS NULL OR host = p_host),
  preparing AS (
    SELECT FROM v2_queue_lease l
    WHERE l.stage = 'odm_processing' AND l.gpu_slot IS NULL AND l.container_id IS NULL
      -- A slot of any host may be what another host prepares for.
      AND (EXISTS (SELECT FROM usable WHERE host IS NULL)
           OR EXISTS (SELECT FROM v2_workers w WHERE w.name = l.worker AND w.host = p_host)))
  SELECT greatest(0, (SELECT count(*) FROM usable) - (SELECT count(*) FROM preparing))::integer
$$;
COMMENT ON FUNCTION v2_room_to_prepare IS 'How many more ODM rows may be claimed on this host to be ready when a slot gets free. Called by workers only.';

DROP FUNCTION v2_claim_waiting(text, uuid, text, text[], integer, interval);
CREATE FUNCTION v2_claim_waiting(
  p_worker text, p_instance uuid, p_host text, p_types text[], p_limit integer, p_lease interval, p_runs_odm boolean)
RETURNS bigint[] LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp
  -- Walk the index, in order, whatever the limit and however few match.
  SET plan_cache_mode = force_generic_plan SET jit = off
  SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off AS $$
DECLARE
  known text[] := ARRAY(SELECT name FROM v2_task_types);
  room  integer := 0;
  picked  v2_queue[] := '{}';
  claimed bigint[];
BEGIN
  IF p_runs_odm AND 'odm_processing' = ANY (p_types) AND EXISTS (
    SELECT FROM v2_queue q WHERE NOT q.is_processing AND q.is_ready AND q.not_before IS NULL AND q.needs_gpu) THEN
    room := v2_room_to_prepare(p_host);
  END IF;
  IF room > 0 THEN
    picked := ARRAY(
      SELECT q FROM v2_queue q
      WHERE NOT q.is_processing AND q.is_ready AND q.not_before IS NULL AND q.needs_gpu
        -- What no worker could ever run is taken by the first, which says so.
        AND coalesce(q.task_types <@ p_types OR NOT q.task_types <@ known, true)
        AND (SELECT l.queue_id FROM v2_queue_lease l WHERE l.dataset_id = q.dataset_id) IS NULL
      ORDER BY q.priority DESC, q.created_at, q.id LIMIT least(p_limit, room) FOR UPDATE OF q SKIP LOCKED);
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
    SELECT DISTINCT ON (dataset_id) id, dataset_id, priority, created_at, attempt, task_types
    FROM unnest(picked) ORDER BY dataset_id, priority DESC, created_at, id
  ), leased AS (
    INSERT INTO v2_queue_lease (queue_id, dataset_id, worker, instance, attempt, lease_until, stage)
    SELECT id, dataset_id, p_worker, p_instance, attempt + 1, now() + p_lease,
      CASE WHEN attempt > 0 THEN v2_first_stage(p_types, task_types, v2_stages_done(id))
        -- The same, written out for the many rows that have no history yet.
        ELSE (SELECT type FROM unnest(p_types) type WHERE type = ANY (task_types) AND task_types <@ p_types LIMIT 1)
      END
    FROM (SELECT * FROM first_of_dataset ORDER BY priority DESC, created_at, id LIMIT p_limit) AS best ORDER BY id
    ON CONFLICT DO NOTHING RETURNING queue_id)
  SELECT array_agg(queue_id) INTO claimed FROM leased;
  UPDATE v2_queue SET is_processing = true, attempt = attempt + 1, claimed_by = p_worker, claimed_at = now()
  WHERE id = ANY (claimed);
  RETURN coalesce(claimed, '{}');
END $$;
COMMENT ON FUNCTION v2_claim_waiting IS 'Claims waiting rows by priority, then age; ODM rows only as many as may be prepared. Called by workers only.';

DROP FUNCTION v2_claim(text, uuid, text, text[], text[], text[], integer, interval, bigint[]);
-- Claims up to p_limit rows for one worker, opens the run of each row's first stage, and returns them.
-- p_types are the task types that the worker runs, in its order, with the status and the done flag of each.
CREATE FUNCTION v2_claim(
  p_worker text, p_instance uuid, p_host text, p_types text[], p_statuses text[], p_flags text[],
  p_limit integer, p_lease interval, p_known bigint[], p_watchdog_age interval DEFAULT NULL)
RETURNS TABLE (queue_id bigint, dataset_id bigint, user_id uuid, task_types text[], attempt integer, stage text,
               stages_done text[], failed_attempts bigint, is_taken_over boolean, has_container boolean,
               is_dataset_gone boolean)
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp
  SET plan_cache_mode = force_generic_plan SET jit = off SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
  state    text;
  runs_odm boolean;
  only_own boolean;
  taken    bigint[];
  claimed  bigint[] := '{}';
BEGIN
  -- This is the heartbeat of an idle worker, too.
  UPDATE v2_workers w SET heartbeat_at = now(), watchdog_at = coalesce(now() - p_watchdog_age, w.watchdog_at)
  WHERE w.name = p_worker AND w.instance = p_instance RETURNING w.state, w.refuses_odm IS NULL INTO state, runs_odm;
  -- A pause or a drain stops new claims. What this worker held before its restart is none.
  only_own := state IS DISTINCT FROM 'running' OR EXISTS (SELECT FROM v2_queue_pause);
  UPDATE v2_queue SET not_before = NULL
  WHERE id = ANY (ARRAY(SELECT q.id FROM v2_queue q WHERE NOT q.is_processing AND q.not_before <= now() FOR UPDATE SKIP LOCKED));

  taken := v2_take_over(p_worker, p_instance, p_host, p_types, p_limit, p_lease, p_known, only_own);
  IF NOT only_own AND cardinality(taken) < p_limit THEN
    claimed := v2_claim_waiting(p_worker, p_instance, p_host, p_types, p_limit - cardinality(taken), p_lease, runs_odm);
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

-- Why no worker would take a row of these types; null when one would.
DROP FUNCTION v2_why_no_worker(text[]);
CREATE FUNCTION v2_why_no_worker(p_types text[], p_needs_gpu boolean) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  unknown text := (SELECT string_agg(coalesce(asked, 'null'), ', ') FROM unnest(p_types) asked
                   WHERE NOT EXISTS (SELECT FROM v2_task_types t WHERE t.name = asked));
  refusals text;
  missing  text;
  drained  text;
BEGIN
  IF NOT EXISTS (SELECT FROM v2_workers_alive) THEN
    RETURN 'no worker is running' || coalesce((
      SELECT format('; %s was last heard of at %s', w.name, v2_minute(w.heartbeat_at)) FROM v2_workers w
      ORDER BY w.heartbeat_at DESC LIMIT 1), '');
  ELSIF NOT EXISTS (SELECT FROM v2_workers_alive WHERE state = 'running') THEN
    RETURN 'every running worker is drained: ' || (SELECT string_agg(name, ', ' ORDER BY name) FROM v2_workers_alive);
  ELSIF coalesce(cardinality(p_types), 0) = 0 THEN
    RETURN 'it names no task type: the next worker that has room ends it as failed';
  ELSIF unknown IS NOT NULL THEN
    RETURN format('there is no task type %s: the next worker that has room ends it as failed', unknown);
  ELSIF NOT EXISTS (SELECT FROM v2_workers_alive WHERE state = 'running' AND p_types <@ task_types) THEN
    SELECT string_agg(asked, ', ') INTO missing FROM unnest(p_types) asked
    WHERE NOT EXISTS (SELECT FROM v2_workers_alive w WHERE w.state = 'running' AND asked = ANY (w.task_types));
    SELECT '; ' || string_agg(name, ', ' ORDER BY name) || ' would, and is drained' INTO drained
    FROM v2_workers_alive WHERE state = 'draining' AND p_types <@ task_types;
    RETURN 'no running worker takes ' || coalesce(missing, 'all of ' || array_to_string(p_types, ', ')) || coalesce(drained, '');
  END IF;
  SELECT string_agg(format('%s: %s', name, refusal), '; ' ORDER BY name) INTO refusals
  FROM (SELECT name, coalesce(refuses, CASE WHEN p_needs_gpu THEN refuses_odm END) AS refusal FROM v2_workers_alive
        WHERE state = 'running' AND p_types <@ task_types) AS takers
  HAVING bool_and(refusal IS NOT NULL);
  RETURN 'the workers that would take it claim nothing at present: ' || refusals;
END $$;

COMMENT ON FUNCTION v2_why_no_worker IS 'Part of v2_why_waiting: nobody runs, takes it, or claims at present.';

-- Why a row of these types is not prepared for a GPU slot; null when it would be.
CREATE OR REPLACE FUNCTION v2_why_no_slot(p_types text[]) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  hosts text[] := ARRAY(SELECT host FROM v2_workers_alive
                        WHERE state = 'running' AND refuses IS NULL AND refuses_odm IS NULL AND p_types <@ task_types);
  next text;
BEGIN
  IF NOT EXISTS (SELECT FROM v2_gpu_slots) THEN
    RETURN 'there is no GPU slot: v2_gpu_slots is empty';
  ELSIF EXISTS (SELECT FROM unnest(hosts) host WHERE v2_room_to_prepare(host) > 0) THEN
    RETURN NULL;
  END IF;
  SELECT string_agg(format('dataset %s is the next, %s', l.dataset_id, v2_holder(l)), '; ' ORDER BY l.queue_id) INTO next
  FROM v2_queue_lease l WHERE l.stage = 'odm_processing' AND l.gpu_slot IS NULL AND l.container_id IS NULL;
  RETURN concat_ws('; ', CASE WHEN NOT EXISTS (
    SELECT FROM unnest(hosts) host WHERE v2_free_gpu_slot(host) IS NOT NULL) THEN 'no GPU slot is free: ' || (
    SELECT string_agg(CASE
      WHEN l.queue_id IS NOT NULL THEN format('%s is held by dataset %s %s', s.name, l.dataset_id, v2_holder(l))
      WHEN s.host IS NOT NULL AND s.host <> ALL (hosts) THEN
        format('%s is for host %s, where no running worker takes it', s.name, s.host)
      ELSE format('%s waits until a container is gone', s.name) END, '; ' ORDER BY s.name)
    FROM v2_gpu_slots s LEFT JOIN v2_queue_lease l ON l.gpu_slot = s.name) END, next);
END $$;
COMMENT ON FUNCTION v2_why_no_slot IS 'Why no worker prepares a row of these types for a GPU slot; null when one would.';

-- The first reason that holds, in the order in which they would have to go.
CREATE OR REPLACE FUNCTION v2_why_waiting(of_queue_id bigint) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  waiting v2_queue;
  holder  v2_queue_lease;
  pause   v2_queue_pause;
BEGIN
  SELECT * INTO waiting FROM v2_queue WHERE id = of_queue_id;
  SELECT * INTO holder FROM v2_queue_lease l WHERE l.dataset_id = waiting.dataset_id;
  SELECT * INTO pause FROM v2_queue_pause;
  RETURN CASE
    WHEN waiting.id IS NULL OR holder.queue_id = waiting.id THEN NULL
    WHEN waiting.is_processing THEN format(
      'it is marked as running, but no worker holds it; a worker puts it back 10 minutes after it was marked, at %s',
      v2_minute(coalesce(waiting.claimed_at, waiting.created_at) + interval '10 minutes'))
    WHEN NOT waiting.is_ready THEN v2_why_not_ready(waiting.dataset_id)
    WHEN pause.reason IS NOT NULL THEN
      format('the queue is paused by %s since %s: %s', pause.paused_by, v2_minute(pause.paused_at), pause.reason)
    WHEN waiting.not_before > now() THEN v2_why_backing_off(waiting.id, waiting.not_before)
    WHEN holder.queue_id IS NOT NULL THEN
      format('queue row %s of the same dataset is running %s', holder.queue_id, v2_holder(holder))
    ELSE coalesce(
      v2_why_no_worker(waiting.task_types, waiting.needs_gpu),
      CASE WHEN waiting.needs_gpu THEN v2_why_no_slot(waiting.task_types) END,
      v2_rows_ahead(waiting),
      'it is the next; a worker takes it as soon as it has room')
  END;
END $$;

-- What dead workers, dead sessions and switched-off triggers leave behind. Every worker calls it now and then, and once
-- a minute one of them does it.
CREATE OR REPLACE FUNCTION v2_sweep() RETURNS boolean LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
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
  -- Containers that were never made, or that nobody sees any more, of rows that are gone.
  UPDATE v2_odm_runs r SET ended_at = coalesce(r.seen_at, r.started_at, r.planned_at)
  WHERE r.ended_at IS NULL AND coalesce(r.seen_at, r.started_at, r.planned_at) < now() - interval '10 minutes'
    AND NOT EXISTS (SELECT FROM v2_queue q WHERE q.id = r.queue_id);
  RETURN true;
END $$;

REVOKE EXECUTE ON FUNCTION v2_claim, v2_claim_waiting, v2_room_to_prepare, v2_why_no_worker FROM PUBLIC, anon, authenticated;
GRANT EXECUTE ON FUNCTION v2_why_no_worker, v2_room_to_prepare, v2_free_gpu_slot TO service_role;

CREATE OR REPLACE FUNCTION v2_grant_worker_rights() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  granted record;
BEGIN
  FOR granted IN SELECT * FROM (VALUES
    -- The queue: rows are claimed, changed and let go; who may add some is the platform's business.
    ('v2_queue', 'SELECT, DELETE, UPDATE (is_processing, claimed_by, claimed_at, attempt, not_before, is_ready, needs_gpu)'),
    ('v2_queue_lease', 'SELECT, INSERT, UPDATE, DELETE'),
    ('v2_workers', 'SELECT, INSERT, UPDATE'),
    ('v2_workers_alive', 'SELECT'),
    -- History is written, never deleted.
    ('v2_task_runs', 'SELECT, INSERT, UPDATE'), ('v2_odm_runs', 'SELECT, INSERT, UPDATE'),
    ('v2_dataset_warnings', 'SELECT, INSERT, UPDATE, DELETE'),
    ('v2_requests', 'SELECT, INSERT'),
    ('v2_deployment', 'SELECT, UPDATE (swept_at)'),
    ('v2_task_types', 'SELECT'), ('v2_gpu_slots', 'SELECT'), ('v2_queue_pause', 'SELECT'),
    ('v2_schema_migrations', 'SELECT'),
    -- What processing finds out.
    ('v2_datasets', 'SELECT, UPDATE (aquisition_year, aquisition_month, aquisition_day)'),
    ('v2_statuses', 'SELECT, INSERT, UPDATE'),
    ('v2_raw_images', 'SELECT, UPDATE'),
    ('v2_orthos', 'SELECT, INSERT, UPDATE'), ('v2_orthos_processed', 'SELECT, INSERT, UPDATE'),
    ('v2_cogs', 'SELECT, INSERT, UPDATE'), ('v2_thumbnails', 'SELECT, INSERT, UPDATE'),
    ('v2_metadata', 'SELECT, INSERT, UPDATE')) AS rights (relation, privileges)
    WHERE to_regclass('public.' || relation) IS NOT NULL
  LOOP
    EXECUTE format('REVOKE ALL ON public.%I FROM deadtrees_worker', granted.relation);
    EXECUTE format('GRANT %s ON public.%I TO deadtrees_worker', granted.privileges, granted.relation);
    IF (SELECT relkind = 'r' FROM pg_class WHERE oid = to_regclass('public.' || granted.relation))
       AND NOT EXISTS (SELECT FROM pg_policies WHERE schemaname = 'public' AND tablename = granted.relation
                         AND policyname = 'deadtrees_worker works') THEN
      EXECUTE format('CREATE POLICY "deadtrees_worker works" ON public.%I TO deadtrees_worker USING (true) WITH CHECK (true)',
        granted.relation);
    END IF;
  END LOOP;
  GRANT EXECUTE ON FUNCTION v2_claim, v2_take_over, v2_claim_waiting, v2_complete, v2_begin_next, v2_leave_queue,
    v2_mark_stages, v2_sweep, v2_first_stage, v2_stages_done, v2_free_gpu_slot, v2_room_to_prepare,
    v2_next_backoff_seconds,
    v2_why_waiting, v2_why_not_ready, v2_why_backing_off, v2_why_no_worker, v2_why_no_slot, v2_rows_ahead, v2_holder,
    v2_minute TO deadtrees_worker;
END $$;
DO $$
BEGIN
  IF to_regrole('deadtrees_worker') IS NOT NULL THEN
    PERFORM v2_grant_worker_rights();
  END IF;
EXCEPTION WHEN insufficient_privilege THEN
  RAISE NOTICE 'role deadtrees_worker keeps its old rights: %', SQLERRM
    USING HINT = 'run SELECT v2_grant_worker_rights() as the owner of the tables';
END $$;
