-- The claim. One call takes up to p_limit rows for a worker: first what its earlier life or a dead worker left
-- behind, then waiting rows by priority, then age. No transaction stays open while the work goes on.

-- A slot that nobody holds and this host may use, or null.
CREATE FUNCTION v2_free_gpu_slot(p_host text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT s.name FROM v2_gpu_slots s
  WHERE (s.host IS NULL OR s.host = p_host)
    AND NOT EXISTS (SELECT FROM v2_queue_lease l WHERE l.gpu_slot = s.name)
  ORDER BY s.host NULLS LAST, s.name LIMIT 1
$$;

-- The first waiting row of the kinds asked for, locked. Two statements, so that each has its own index: behind
-- a taken slot, ten thousand ODM rows cost nothing.
CREATE FUNCTION v2_next_waiting(p_types text[], p_with_gpu boolean) RETURNS v2_queue
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  row v2_queue;
BEGIN
  IF p_with_gpu THEN
    SELECT q.* INTO row FROM v2_queue q
    WHERE NOT q.is_processing AND q.is_ready AND q.not_before IS NULL
      AND coalesce(q.task_types <@ p_types, true)
      AND NOT EXISTS (SELECT FROM v2_queue_lease l WHERE l.dataset_id = q.dataset_id)
    ORDER BY q.priority DESC, q.created_at, q.id LIMIT 1 FOR UPDATE OF q SKIP LOCKED;
  ELSE
    SELECT q.* INTO row FROM v2_queue q
    WHERE NOT q.is_processing AND q.is_ready AND q.not_before IS NULL AND NOT q.needs_gpu
      AND coalesce(q.task_types <@ p_types, true)
      AND NOT EXISTS (SELECT FROM v2_queue_lease l WHERE l.dataset_id = q.dataset_id)
    ORDER BY q.priority DESC, q.created_at, q.id LIMIT 1 FOR UPDATE OF q SKIP LOCKED;
  END IF;
  RETURN row;
END $$;

-- Takes over one claim that this worker held before it was restarted, or, unless p_only_own, one that ran out.
-- The container and the deadline stay on record, so that a run that is still going on is taken up, not started anew.
CREATE FUNCTION v2_take_over(
  p_worker text, p_instance uuid, p_host text, p_types text[], p_lease interval, p_only_own boolean)
RETURNS v2_queue_lease LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  lease v2_queue_lease;
BEGIN
  SELECT l.* INTO lease FROM v2_queue_lease l JOIN v2_queue q ON q.id = l.queue_id
  WHERE ((l.lease_until < now() AND NOT p_only_own) OR (l.worker = p_worker AND l.instance <> p_instance))
    AND coalesce(q.task_types <@ p_types, true)
  ORDER BY l.lease_until LIMIT 1 FOR UPDATE OF l SKIP LOCKED;
  IF NOT FOUND THEN
    RETURN NULL;
  END IF;
  UPDATE v2_task_runs SET outcome = 'lost', finished_at = clock_timestamp(), error = 'the worker ' || lease.worker || ' went away'
  WHERE queue_id = lease.queue_id AND outcome IS NULL;
  UPDATE v2_queue SET attempt = attempt + 1, claimed_by = p_worker, claimed_at = now()
  WHERE id = lease.queue_id RETURNING attempt INTO lease.attempt;
  UPDATE v2_queue_lease SET
    worker = p_worker, instance = p_instance, attempt = lease.attempt, claimed_at = now(), heartbeat_at = now(),
    lease_until = now() + p_lease, stage = NULL, progress = 0, note = 'taken over from ' || lease.worker,
    -- A slot that is bound to another host is of no use here.
    gpu_slot = (SELECT s.name FROM v2_gpu_slots s WHERE s.name = lease.gpu_slot AND coalesce(s.host, p_host) = p_host)
  WHERE queue_id = lease.queue_id RETURNING * INTO lease;
  RETURN lease;
END $$;

CREATE FUNCTION v2_claim_waiting(p_worker text, p_instance uuid, p_host text, p_types text[], p_lease interval)
RETURNS v2_queue_lease LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  slot  text;
  row   v2_queue;
  lease v2_queue_lease;
BEGIN
  IF 'odm_processing' = ANY (p_types) THEN
    slot := v2_free_gpu_slot(p_host);
  END IF;
  row := v2_next_waiting(p_types, slot IS NOT NULL);
  IF row.id IS NULL THEN
    RETURN NULL;
  END IF;
  UPDATE v2_queue SET is_processing = true, attempt = attempt + 1, claimed_by = p_worker, claimed_at = now()
  WHERE id = row.id RETURNING * INTO row;
  INSERT INTO v2_queue_lease (queue_id, dataset_id, worker, instance, attempt, lease_until, gpu_slot)
  VALUES (row.id, row.dataset_id, p_worker, p_instance, row.attempt, now() + p_lease,
          CASE WHEN row.needs_gpu THEN slot END)
  RETURNING * INTO lease;
  RETURN lease;
END $$;

CREATE FUNCTION v2_claim(
  p_worker text, p_instance uuid, p_host text, p_types text[], p_limit integer, p_lease interval)
RETURNS TABLE (queue_id bigint, dataset_id bigint, user_id uuid, task_types text[], attempt integer,
               stages_done text[], taken_over boolean, has_container boolean)
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  lease    v2_queue_lease;
  retries  integer := 3;
  -- A pause or a drain stops new claims. What this worker held before its restart is none.
  only_own boolean := EXISTS (SELECT FROM v2_queue_pause) OR NOT EXISTS (
    SELECT FROM v2_workers w WHERE w.name = p_worker AND w.instance = p_instance AND w.state = 'running');
BEGIN
  UPDATE v2_queue SET not_before = NULL
  WHERE id IN (SELECT q.id FROM v2_queue q WHERE NOT q.is_processing AND q.not_before <= now() FOR UPDATE SKIP LOCKED);

  WHILE p_limit > 0 LOOP
    BEGIN
      lease := v2_take_over(p_worker, p_instance, p_host, p_types, p_lease, only_own);
      taken_over := lease.queue_id IS NOT NULL;
      IF NOT taken_over AND NOT only_own THEN
        lease := v2_claim_waiting(p_worker, p_instance, p_host, p_types, p_lease);
      END IF;
    EXCEPTION WHEN unique_violation THEN
      -- Another worker took the slot or the dataset in the same moment: look again.
      retries := retries - 1;
      EXIT WHEN retries < 0;
      CONTINUE;
    END;
    EXIT WHEN lease.queue_id IS NULL;
    SELECT q.id, q.dataset_id, q.user_id, q.task_types, q.attempt INTO v2_claim.queue_id, v2_claim.dataset_id,
      v2_claim.user_id, v2_claim.task_types, v2_claim.attempt FROM v2_queue q WHERE q.id = lease.queue_id;
    has_container := lease.container_id IS NOT NULL;
    stages_done := ARRAY(SELECT DISTINCT r.task_type FROM v2_task_runs r
                         WHERE r.queue_id = lease.queue_id AND r.outcome = 'succeeded');
    RETURN NEXT;
    p_limit := p_limit - 1;
  END LOOP;
END $$;
COMMENT ON FUNCTION v2_claim IS 'Claims up to p_limit rows for one worker and returns them. Called by workers only.';

-- How long until the next row's backoff is over, in seconds; null when no row waits for that.
CREATE FUNCTION v2_next_backoff_seconds() RETURNS double precision
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT extract(epoch FROM min(not_before) - now()) FROM v2_queue
  WHERE NOT is_processing AND not_before IS NOT NULL
$$;
