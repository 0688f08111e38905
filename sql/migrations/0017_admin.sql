-- What an administrator does and asks: queue again, cancel, drain, evict, and why a row waits. All of it may run
-- beside workers, uploads and itself. Locks are taken in the order dataset, queue row, lease, status; an upload that
-- becomes done takes the status before the dataset, so nobody here waits for a status.

-- ---------------------------------------------------------------------------------------------------- who lives

ALTER TABLE v2_workers
  ADD COLUMN gone_after interval NOT NULL DEFAULT '3 minutes' CHECK (gone_after > interval '0'),
  ADD COLUMN is_drained boolean NOT NULL DEFAULT false,
  ADD COLUMN places integer CHECK (places > 0);
UPDATE v2_workers SET is_drained = true WHERE state = 'draining';

CREATE VIEW v2_workers_alive WITH (security_invoker = true) AS
  SELECT name, host, state, task_types, refuses, places, heartbeat_at FROM v2_workers
  WHERE state <> 'stopped' AND heartbeat_at > now() - gone_after;

CREATE OR REPLACE FUNCTION v2_drain(worker text, drain boolean DEFAULT true) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  UPDATE v2_workers SET
    is_drained = drain,
    state = CASE WHEN state = 'stopped' THEN 'stopped' WHEN drain THEN 'draining' ELSE 'running' END
  WHERE name = v2_drain.worker;
  RETURN FOUND;
END $$;

-- The new instance is how a process that still runs learns of it: it finds that it has been replaced, and stops.
CREATE OR REPLACE FUNCTION v2_evict(worker text) RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  freed integer;
BEGIN
  UPDATE v2_workers SET state = 'stopped', instance = gen_random_uuid(), running = '{}', refuses = NULL,
    note = format('evicted by %s at %s', current_user, v2_minute(now()))
  WHERE name = v2_evict.worker;
  PERFORM FROM v2_queue q
  WHERE q.id IN (SELECT l.queue_id FROM v2_queue_lease l WHERE l.worker = v2_evict.worker) ORDER BY q.id FOR UPDATE;
  PERFORM set_config('deadtrees.why_put_back', format('its worker %s was evicted', v2_evict.worker), true);
  UPDATE v2_queue SET is_processing = false
  WHERE id IN (SELECT l.queue_id FROM v2_queue_lease l WHERE l.worker = v2_evict.worker);
  GET DIAGNOSTICS freed = ROW_COUNT;
  PERFORM set_config('deadtrees.why_put_back', '', true);
  RETURN freed;
END $$;

CREATE OR REPLACE FUNCTION v2_queue_taken_back() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  UPDATE v2_task_runs SET outcome = 'lost', finished_at = clock_timestamp(),
    error = coalesce(nullif(current_setting('deadtrees.why_put_back', true), ''),
                     'an administrator put the row back into the queue')
  WHERE queue_id = NEW.id AND outcome IS NULL;
  IF FOUND THEN
    UPDATE v2_statuses SET current_status = 'idle', updated_at = now() WHERE dataset_id = NEW.dataset_id;
  END IF;
  DELETE FROM v2_queue_lease WHERE queue_id = NEW.id;
  IF FOUND THEN
    PERFORM pg_notify('v2_queue_control', 'look');
  END IF;
  UPDATE v2_queue SET claimed_by = NULL, claimed_at = NULL WHERE id = NEW.id AND claimed_by IS NOT NULL;
  RETURN NULL;
END $$;

-- v2_sweep looks for rows whose upload is done after all: without this in the whole queue.
CREATE INDEX v2_queue_not_ready ON v2_queue (dataset_id) WHERE NOT is_processing AND NOT is_ready;

CREATE TRIGGER v2_queue_paused AFTER INSERT OR UPDATE ON v2_queue_pause
  FOR EACH STATEMENT EXECUTE FUNCTION v2_notify_control();

-- ------------------------------------------------------------------------------------------- queue again, cancel

-- Rows of before the names were checked may hold an alias, which no worker knows.
UPDATE v2_queue q SET task_types = v2_queue_check_task_types(q.task_types)
WHERE NOT q.is_processing AND q.task_types && ARRAY(SELECT name FROM v2_task_types WHERE alias_of IS NOT NULL)
  AND q.task_types <@ ARRAY(SELECT name FROM v2_task_types);

-- What a dataset still lacks: the types of its waiting rows, else those its last request named and did not finish.
-- Null when that is nothing.
CREATE OR REPLACE FUNCTION v2_unfinished_task_types(of_dataset bigint) RETURNS text[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  waiting text[] := (
    SELECT array_agg(name ORDER BY place) FROM (
      SELECT asked.name, min(ARRAY[q.id, asked.place]) AS place
      FROM v2_queue q, unnest(q.task_types) WITH ORDINALITY AS asked (name, place)
      WHERE q.dataset_id = of_dataset AND NOT q.is_processing GROUP BY asked.name) AS distinct_types);
  asked   text[];
  done    text[];
  missing text[];
BEGIN
  IF waiting IS NOT NULL THEN
    RETURN waiting;
  END IF;
  SELECT r.task_types, ARRAY(SELECT t.task_type FROM v2_task_runs t WHERE t.queue_id = r.queue_id AND t.outcome = 'succeeded')
  INTO asked, done FROM v2_requests r WHERE r.dataset_id = of_dataset ORDER BY r.queue_id DESC LIMIT 1;
  missing := ARRAY(SELECT name FROM unnest(asked) name WHERE name <> ALL (done));
  IF coalesce(cardinality(missing), 0) = 0 THEN
    RETURN NULL;
  END IF;
  -- The raster stages read what geotiff makes, which is kept only while a request lasts.
  IF missing && ARRAY['cog', 'thumbnail'] AND 'geotiff' <> ALL (missing) AND 'geotiff' = ANY (asked) THEN
    missing := ARRAY['geotiff'] || missing;
  END IF;
  RETURN missing;
END $$;

-- The dataset's lock keeps out a second requeue; the rows' locks keep out claims. A status that an upload is writing
-- just now is left alone: the first stage clears the old error in any case.
CREATE OR REPLACE FUNCTION v2_requeue(dataset_id bigint, task_types text[] DEFAULT NULL, priority integer DEFAULT 2)
RETURNS bigint LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE
  wanted  text[] := task_types;
  owner   uuid;
  waiting bigint[];
  new_id  bigint;
BEGIN
  SELECT d.user_id INTO owner FROM v2_datasets d WHERE d.id = v2_requeue.dataset_id FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'dataset % does not exist', v2_requeue.dataset_id USING ERRCODE = 'no_data_found';
  ELSIF priority IS NULL OR priority NOT BETWEEN -32768 AND 32767 THEN
    RAISE EXCEPTION 'priority % is out of range; 1 to 5 are usual, and higher runs sooner', coalesce(priority::text, 'null')
      USING ERRCODE = 'check_violation';
  END IF;
  waiting := ARRAY(SELECT q.id FROM v2_queue q WHERE q.dataset_id = v2_requeue.dataset_id AND NOT q.is_processing
                   ORDER BY q.id FOR UPDATE);
  IF EXISTS (SELECT FROM v2_queue q WHERE q.dataset_id = v2_requeue.dataset_id AND q.is_processing) THEN
    IF wanted IS NULL THEN
      RAISE NOTICE 'dataset % is being processed already', v2_requeue.dataset_id;
      RETURN NULL;
    END IF;
    RAISE EXCEPTION 'dataset % is being processed; cancel its queue row first (SELECT v2_cancel(id) FROM v2_queue WHERE dataset_id = %)',
      v2_requeue.dataset_id, v2_requeue.dataset_id USING ERRCODE = 'object_in_use';
  END IF;
  wanted := coalesce(wanted, v2_unfinished_task_types(v2_requeue.dataset_id));
  IF wanted IS NULL THEN
    RAISE NOTICE 'nothing of dataset % has failed or is left to do; name the task types to run again', v2_requeue.dataset_id;
    RETURN NULL;
  END IF;
  PERFORM set_config('deadtrees.why_deleted', 'replaced by a newer request', true);
  DELETE FROM v2_queue q WHERE q.id = ANY (waiting);
  PERFORM set_config('deadtrees.why_deleted', '', true);
  INSERT INTO v2_queue (dataset_id, user_id, task_types, priority)
  VALUES (v2_requeue.dataset_id, owner, wanted, v2_requeue.priority) RETURNING id INTO new_id;
  UPDATE v2_statuses s SET has_error = false, error_message = NULL, updated_at = now()
  WHERE s.id IN (SELECT o.id FROM v2_statuses o WHERE o.dataset_id = v2_requeue.dataset_id AND o.has_error
                 FOR NO KEY UPDATE SKIP LOCKED);
  RETURN new_id;
END $$;

CREATE OR REPLACE FUNCTION v2_cancel(queue_id bigint) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  -- Waits for a claim that is taking the row in this moment, so that its worker is asked and not overrun.
  PERFORM FROM v2_queue q WHERE q.id = v2_cancel.queue_id FOR UPDATE;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  UPDATE v2_queue_lease l SET cancel_requested_at = coalesce(l.cancel_requested_at, now())
  WHERE l.queue_id = v2_cancel.queue_id;
  IF FOUND THEN
    RETURN true;
  END IF;
  PERFORM set_config('deadtrees.why_deleted', 'canceled on request', true);
  DELETE FROM v2_queue q WHERE q.id = v2_cancel.queue_id;
  PERFORM set_config('deadtrees.why_deleted', '', true);
  RETURN true;
END $$;

-- --------------------------------------------------------------------------------------------- why does it wait

-- Why the row's upload keeps it waiting.
CREATE FUNCTION v2_why_not_ready(of_dataset bigint) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT CASE
    WHEN count(*) = 0 THEN format('dataset %s has no row in v2_statuses, so its upload does not count as done', of_dataset)
    WHEN NOT bool_or(s.is_upload_done) THEN format('the upload of dataset %s is not done', of_dataset)
    ELSE format('the upload of dataset %s is done, and the next worker that claims will see it within a minute', of_dataset)
  END FROM v2_statuses s WHERE s.dataset_id = of_dataset
$$;

-- Until when and why a row that failed waits.
CREATE FUNCTION v2_why_backing_off(of_queue_id bigint, until timestamptz) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT coalesce(
    (SELECT format('attempt %s ended with "%s", and it is tried again at %s', r.attempt,
                   coalesce(r.error, r.outcome), v2_minute(until))
     FROM v2_task_runs r WHERE r.queue_id = of_queue_id AND r.outcome IN ('failed', 'timed_out', 'lost')
     ORDER BY r.id DESC LIMIT 1),
    format('it is not to start before %s', v2_minute(until)))
$$;

-- Who holds a claim and since when; and that it has fallen silent, where it has.
CREATE FUNCTION v2_holder(lease v2_queue_lease) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT format('on %s since %s', lease.worker, v2_minute(lease.claimed_at)) || CASE
    WHEN lease.lease_until < now() THEN format(' (not heard of since %s)', v2_minute(lease.heartbeat_at)) ELSE '' END
$$;

-- Why no worker would take a row of these types; null when one would.
CREATE FUNCTION v2_why_no_worker(p_types text[]) RETURNS text
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
  SELECT string_agg(format('%s: %s', name, refuses), '; ' ORDER BY name) INTO refusals
  FROM v2_workers_alive WHERE state = 'running' AND p_types <@ task_types HAVING bool_and(refuses IS NOT NULL);
  RETURN 'the workers that would take it claim nothing at present: ' || refusals;
END $$;

-- Why no GPU slot is free for a row of these types; null when one is.
CREATE FUNCTION v2_why_no_slot(p_types text[]) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  hosts text[] := ARRAY(SELECT host FROM v2_workers_alive
                        WHERE state = 'running' AND refuses IS NULL AND p_types <@ task_types);
BEGIN
  IF NOT EXISTS (SELECT FROM v2_gpu_slots) THEN
    RETURN 'there is no GPU slot: v2_gpu_slots is empty';
  ELSIF EXISTS (SELECT FROM v2_gpu_slots s WHERE (s.host IS NULL OR s.host = ANY (hosts))
                  AND NOT EXISTS (SELECT FROM v2_queue_lease l WHERE l.gpu_slot = s.name)) THEN
    RETURN NULL;
  END IF;
  RETURN 'no GPU slot is free: ' || (
    SELECT string_agg(CASE
      WHEN l.queue_id IS NOT NULL THEN format('%s is held by dataset %s %s', s.name, l.dataset_id, v2_holder(l))
      ELSE format('%s is for host %s, where no running worker takes it', s.name, s.host) END, '; ' ORDER BY s.name)
    FROM v2_gpu_slots s LEFT JOIN v2_queue_lease l ON l.gpu_slot = s.name);
END $$;

-- How many rows of its kind are before this one, and how many can run at a time; null when none is before it. Counts
-- to a thousand, along the claim's indexes, so that it costs the same in a queue of a million.
CREATE FUNCTION v2_rows_ahead(of_row v2_queue) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  runnable text := 'SELECT 1 FROM v2_queue WHERE NOT is_processing AND is_ready AND not_before IS NULL AND '
    || CASE WHEN of_row.needs_gpu THEN 'needs_gpu' ELSE 'NOT needs_gpu' END;
  ahead   bigint;
  workers bigint;
  room    bigint;
BEGIN
  EXECUTE format(
    'SELECT count(*) FROM ((%1$s AND priority > $1 LIMIT 1001) UNION ALL (%1$s AND priority = $1 AND (created_at, id) < ($2, $3) LIMIT 1001)) q',
    runnable) INTO ahead USING of_row.priority, of_row.created_at, of_row.id;
  IF ahead = 0 THEN
    RETURN NULL;
  END IF;
  IF of_row.needs_gpu THEN
    SELECT count(*) INTO room FROM v2_gpu_slots;
  ELSE
    -- Null while a worker has not said how many rows it runs at a time.
    SELECT count(*), CASE WHEN bool_and(places IS NOT NULL) THEN sum(places) END INTO workers, room FROM v2_workers_alive
    WHERE state = 'running' AND refuses IS NULL AND of_row.task_types <@ task_types;
  END IF;
  RETURN CASE ahead WHEN 1 THEN '1 row is' ELSE CASE WHEN ahead > 1000 THEN 'more than 1000' ELSE ahead::text END || ' rows are' END
    || ' before it, for ' || CASE
      WHEN of_row.needs_gpu THEN format('%s GPU slot%s', room, CASE room WHEN 1 THEN '' ELSE 's' END)
      WHEN room IS NULL THEN format('%s running worker%s', workers, CASE workers WHEN 1 THEN '' ELSE 's' END)
      ELSE format('%s place%s on %s worker%s', room, CASE room WHEN 1 THEN '' ELSE 's' END, workers,
                  CASE workers WHEN 1 THEN '' ELSE 's' END) END;
END $$;

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
      v2_why_no_worker(waiting.task_types),
      CASE WHEN waiting.needs_gpu THEN v2_why_no_slot(waiting.task_types) END,
      v2_rows_ahead(waiting),
      'it is the next; a worker takes it as soon as it has room')
  END;
END $$;

-- ------------------------------------------------------------------------------------------------- estimates

-- SECURITY DEFINER, for the view that everybody may read: they give away nothing but the numbers.
CREATE FUNCTION v2_typical_seconds() RETURNS TABLE (task_type text, seconds double precision)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT r.task_type, percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM r.finished_at - r.started_at))
  FROM (SELECT * FROM v2_task_runs ORDER BY id DESC LIMIT 2000) r WHERE r.outcome = 'succeeded' GROUP BY r.task_type
$$;

CREATE FUNCTION v2_places(OUT workers integer, OUT slots integer)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT (SELECT coalesce(sum(coalesce(places, 1)), 0)::integer FROM v2_workers_alive WHERE state = 'running' AND refuses IS NULL),
         (SELECT count(*)::integer FROM v2_gpu_slots)
$$;

-- A guess for people: rows before this one that are ready, at the usual time each, shared by all places; ODM rows by the GPU slots.
-- Few sets of task types are in use, so the time of each set is found once.
CREATE VIEW v2_queue_estimates WITH (security_invoker = true) AS
  WITH usual AS MATERIALIZED (SELECT * FROM v2_typical_seconds()),
  kinds AS MATERIALIZED (
    SELECT kind.task_types,
      CASE WHEN count(u.seconds) = count(*) THEN sum(u.seconds) END AS seconds,
      sum(u.seconds) FILTER (WHERE asked = 'odm_processing') AS gpu_seconds
    FROM (SELECT DISTINCT task_types FROM v2_queue WHERE NOT is_processing AND task_types IS NOT NULL) kind,
      unnest(kind.task_types) asked LEFT JOIN usual u ON u.task_type = asked
    GROUP BY kind.task_types)
  SELECT q.id, k.seconds AS estimated_seconds,
    CASE WHEN q.needs_gpu THEN coalesce(sum(k.gpu_seconds) FILTER (WHERE q.is_ready) OVER before, 0) / nullif(p.slots, 0)
         ELSE coalesce(sum(k.seconds) FILTER (WHERE q.is_ready) OVER before, 0) / nullif(p.workers, 0) END AS estimated_start_seconds
  FROM v2_queue q JOIN kinds k USING (task_types), v2_places() p
  WHERE NOT q.is_processing
  WINDOW before AS (PARTITION BY q.needs_gpu ORDER BY q.priority DESC, q.created_at, q.id
                    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING);

-- The platform's own view stays what it is, whatever it is there, and gets two columns at its end.
DO $block$
DECLARE
  platform regclass := to_regclass('public.v2_queue_positions');
  options  text;
BEGIN
  IF platform IS NULL OR NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = platform AND attname = 'id') THEN
    RAISE NOTICE 'there is no view v2_queue_positions with a column id: estimates are in v2_queue_estimates only';
    RETURN;
  END IF;
  SELECT 'WITH (' || array_to_string(reloptions, ', ') || ')' INTO options FROM pg_class WHERE oid = platform;
  EXECUTE format(
    'CREATE OR REPLACE VIEW public.v2_queue_positions %s AS
       SELECT platform.*, estimate.estimated_seconds, estimate.estimated_start_seconds
       FROM (%s) AS platform LEFT JOIN public.v2_queue_estimates estimate ON estimate.id = platform.id',
    coalesce(options, ''), rtrim(pg_get_viewdef(platform), '; '));
  COMMENT ON COLUMN public.v2_queue_positions.estimated_seconds IS 'how long it will run, from the last runs of its task types; null while one of them has never run';
  COMMENT ON COLUMN public.v2_queue_positions.estimated_start_seconds IS 'until it starts, a guess: rows before it at their usual time, shared by all places';
EXCEPTION WHEN insufficient_privilege THEN
  RAISE NOTICE 'v2_queue_positions belongs to another role: estimates are in v2_queue_estimates only';
END $block$;

-- ------------------------------------------------------------------------------------------ who may call what

-- Supabase grants every new function and view to anon and authenticated, so they are named too.
REVOKE ALL ON v2_workers_alive FROM PUBLIC, anon, authenticated;
GRANT SELECT ON v2_workers_alive TO service_role;
GRANT SELECT ON v2_queue_estimates TO anon, authenticated, service_role;
REVOKE EXECUTE ON FUNCTION v2_requeue, v2_cancel, v2_pause, v2_resume, v2_drain, v2_evict, v2_why_waiting,
  v2_unfinished_task_types, v2_why_not_ready, v2_why_backing_off, v2_why_no_worker, v2_why_no_slot, v2_rows_ahead,
  v2_holder, v2_minute, v2_queue_check_task_types, v2_queue_is_ready, v2_free_gpu_slot, v2_next_backoff_seconds,
  v2_first_stage, v2_stages_done, v2_queue_prepare_row, v2_status_upload_done, v2_queue_notify_insert,
  v2_queue_notify_update, v2_queue_taken_back, v2_queue_removed, v2_queue_refuse_truncate, v2_leases_given_back,
  v2_notify_control, v2_queue_resumed FROM PUBLIC, anon, authenticated;
GRANT EXECUTE ON FUNCTION v2_requeue, v2_cancel, v2_pause, v2_resume, v2_drain, v2_evict, v2_why_waiting,
  v2_unfinished_task_types, v2_why_not_ready, v2_why_backing_off, v2_why_no_worker, v2_why_no_slot, v2_rows_ahead,
  v2_holder, v2_minute, v2_queue_check_task_types TO service_role;
-- The view of estimates asks these two, for everybody who reads it.
REVOKE EXECUTE ON FUNCTION v2_typical_seconds, v2_places FROM PUBLIC;
GRANT EXECUTE ON FUNCTION v2_typical_seconds, v2_places TO anon, authenticated, service_role;
