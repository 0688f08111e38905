-- What an administrator does with plain SQL, and the command line with the same functions.

-- Queues the dataset again and returns the queue id. Without task types: those of its last request that failed
-- or never ran, or null and a notice when there are none or the dataset is running, so that one such dataset does
-- not spoil a statement over many. A row of the dataset that still waits is replaced.
CREATE FUNCTION v2_requeue(dataset_id bigint, task_types text[] DEFAULT NULL, priority integer DEFAULT 2)
RETURNS bigint LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE
  wanted text[] := task_types;
  owner  uuid;
  new_id bigint;
BEGIN
  SELECT d.user_id INTO owner FROM v2_datasets d WHERE d.id = v2_requeue.dataset_id;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'dataset % does not exist', v2_requeue.dataset_id USING ERRCODE = 'no_data_found';
  END IF;
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
  DELETE FROM v2_queue q WHERE q.dataset_id = v2_requeue.dataset_id AND NOT q.is_processing;
  INSERT INTO v2_queue (dataset_id, user_id, task_types, priority)
  VALUES (v2_requeue.dataset_id, owner, wanted, v2_requeue.priority) RETURNING id INTO new_id;
  UPDATE v2_statuses s SET has_error = false, error_message = NULL, updated_at = now()
  WHERE s.dataset_id = v2_requeue.dataset_id AND s.has_error;
  RETURN new_id;
END $$;
COMMENT ON FUNCTION v2_requeue IS 'Queues a dataset again: what failed or never ran, or exactly the task types given. Returns the queue id.';

-- What a dataset still lacks: the types of its waiting row, else those its last request named and did not finish.
-- Null when that is nothing.
CREATE FUNCTION v2_unfinished_task_types(of_dataset bigint) RETURNS text[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  waiting text[] := (SELECT q.task_types FROM v2_queue q WHERE q.dataset_id = of_dataset ORDER BY q.id DESC LIMIT 1);
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

-- What was asked for, kept after the queue row is gone.
CREATE TABLE v2_requests (
  queue_id   bigint PRIMARY KEY,
  dataset_id bigint NOT NULL,
  user_id    uuid NOT NULL,
  task_types text[],
  created_at timestamptz NOT NULL
);
COMMENT ON TABLE v2_requests IS 'One row per queue row that was ever claimed: what v2_requeue repeats when it is not told.';
CREATE INDEX v2_requests_dataset ON v2_requests (dataset_id, queue_id DESC);
ALTER TABLE v2_requests ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON v2_requests FROM anon, authenticated;

CREATE FUNCTION v2_requests_remember() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  INSERT INTO v2_requests (queue_id, dataset_id, user_id, task_types, created_at)
  VALUES (NEW.id, NEW.dataset_id, NEW.user_id, NEW.task_types, NEW.created_at)
  ON CONFLICT (queue_id) DO UPDATE SET task_types = EXCLUDED.task_types;
  RETURN NULL;
END $$;
CREATE TRIGGER v2_requests_remember AFTER UPDATE OF is_processing ON v2_queue
  FOR EACH ROW WHEN (NEW.is_processing AND NOT OLD.is_processing) EXECUTE FUNCTION v2_requests_remember();

CREATE FUNCTION v2_cancel(queue_id bigint) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  UPDATE v2_queue_lease l SET cancel_requested_at = coalesce(l.cancel_requested_at, now())
  WHERE l.queue_id = v2_cancel.queue_id;
  IF FOUND THEN
    RETURN true;
  END IF;
  DELETE FROM v2_queue q WHERE q.id = v2_cancel.queue_id;
  RETURN FOUND;
END $$;
COMMENT ON FUNCTION v2_cancel IS 'Stops the row''s work, or takes it out of the queue when it still waits. False when there is no such row.';

CREATE FUNCTION v2_pause(reason text) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, public, pg_temp AS $$
  INSERT INTO v2_queue_pause (reason) VALUES (v2_pause.reason)
  ON CONFLICT (only_row) DO UPDATE SET reason = EXCLUDED.reason, paused_at = now(), paused_by = current_user
$$;
COMMENT ON FUNCTION v2_pause IS 'No new claims anywhere until v2_resume(). Running work goes on.';

CREATE FUNCTION v2_resume() RETURNS void
LANGUAGE sql SET search_path = pg_catalog, public, pg_temp AS $$ DELETE FROM v2_queue_pause $$;
COMMENT ON FUNCTION v2_resume IS 'Ends v2_pause(reason).';

CREATE FUNCTION v2_drain(worker text, drain boolean DEFAULT true) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  UPDATE v2_workers SET state = CASE WHEN drain THEN 'draining' ELSE 'running' END
  WHERE name = v2_drain.worker AND state <> 'stopped';
  RETURN FOUND;
END $$;
COMMENT ON FUNCTION v2_drain IS 'Stops one worker from claiming, or lets it claim again. False when no such worker is running.';

CREATE FUNCTION v2_evict(worker text) RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  freed integer;
BEGIN
  UPDATE v2_workers SET state = 'stopped', note = 'evicted' WHERE name = v2_evict.worker;
  UPDATE v2_queue SET is_processing = false
  WHERE id IN (SELECT l.queue_id FROM v2_queue_lease l WHERE l.worker = v2_evict.worker);
  GET DIAGNOSTICS freed = ROW_COUNT;
  RETURN freed;
END $$;
COMMENT ON FUNCTION v2_evict IS 'For a host that will not come back: puts its rows back into the queue and returns how many.';

-- Why a row does not run, in one sentence; null when it does.
CREATE FUNCTION v2_why_waiting(of_queue_id bigint) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  row    v2_queue;
  pause  v2_queue_pause;
  holder v2_queue_lease;
  ahead  bigint;
BEGIN
  SELECT * INTO row FROM v2_queue WHERE id = of_queue_id;
  IF row.id IS NULL OR row.is_processing THEN
    RETURN NULL;
  END IF;
  SELECT * INTO pause FROM v2_queue_pause;
  SELECT * INTO holder FROM v2_queue_lease l WHERE l.dataset_id = row.dataset_id;
  SELECT count(*) INTO ahead FROM v2_queue q
  WHERE NOT q.is_processing AND q.is_ready AND q.not_before IS NULL
    AND (q.priority > row.priority OR (q.priority = row.priority AND (q.created_at, q.id) < (row.created_at, row.id)));
  RETURN CASE
    WHEN NOT row.is_ready THEN 'the upload of dataset ' || row.dataset_id || ' is not done'
    WHEN pause.reason IS NOT NULL THEN
      format('the queue is paused by %s since %s: %s', pause.paused_by, v2_minute(pause.paused_at), pause.reason)
    WHEN row.not_before > now() THEN 'it failed and is tried again at ' || v2_minute(row.not_before)
    WHEN holder.queue_id IS NOT NULL THEN
      format('queue row %s of the same dataset is running on %s', holder.queue_id, holder.worker)
    WHEN NOT EXISTS (SELECT FROM v2_workers w WHERE w.state <> 'stopped' AND w.heartbeat_at > now() - interval '3 minutes')
      THEN 'no worker is running'
    WHEN NOT EXISTS (SELECT FROM v2_workers w WHERE w.state = 'running' AND w.heartbeat_at > now() - interval '3 minutes')
      THEN 'every running worker is drained'
    WHEN NOT EXISTS (SELECT FROM v2_workers w WHERE w.state = 'running' AND row.task_types <@ w.task_types
                       AND w.heartbeat_at > now() - interval '3 minutes')
      THEN 'no running worker takes all of ' || array_to_string(row.task_types, ', ')
    WHEN row.needs_gpu AND NOT EXISTS (SELECT FROM v2_gpu_slots s WHERE NOT EXISTS (
           SELECT FROM v2_queue_lease l WHERE l.gpu_slot = s.name)) THEN
      'every GPU slot is taken: ' || coalesce((SELECT string_agg(
        format('%s by dataset %s on %s since %s', l.gpu_slot, l.dataset_id, l.worker, v2_minute(l.claimed_at)), '; ')
        FROM v2_queue_lease l WHERE l.gpu_slot IS NOT NULL), 'there is none in v2_gpu_slots')
    WHEN ahead > 0 THEN format('%s row(s) with higher priority or age are before it', ahead)
    ELSE 'it is the next; a worker takes it as soon as it has room'
  END;
END $$;
COMMENT ON FUNCTION v2_why_waiting IS 'Why a queue row does not run, in one sentence; null when it runs or is gone.';

CREATE FUNCTION v2_minute(moment timestamptz) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT to_char(moment AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI "UTC"')
$$;

-- None of these is for the public API's roles: they would let a user steer other people's rows.
-- Supabase grants every new function to anon and authenticated by default, so they are named too.
REVOKE EXECUTE ON FUNCTION v2_requeue, v2_cancel, v2_pause, v2_resume, v2_drain, v2_evict, v2_claim, v2_take_over,
  v2_claim_waiting, v2_next_waiting FROM PUBLIC, anon, authenticated;
GRANT EXECUTE ON FUNCTION v2_requeue, v2_cancel, v2_pause, v2_resume, v2_drain, v2_evict TO service_role;
