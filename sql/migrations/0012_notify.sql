-- NOTIFY: v2_queue says that something became runnable, v2_queue_control that running work should look at
-- itself. One constant payload per statement: a notification is a hint, and who receives it reads the table.

CREATE FUNCTION v2_queue_notify_insert() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM added WHERE NOT is_processing AND is_ready AND not_before IS NULL) THEN
    PERFORM pg_notify('v2_queue', 'work');
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER v2_queue_notify_insert AFTER INSERT ON v2_queue
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION v2_queue_notify_insert();

CREATE FUNCTION v2_queue_notify_update() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF EXISTS (
    SELECT FROM changed n JOIN previous o USING (id)
    WHERE NOT n.is_processing AND n.is_ready AND n.not_before IS NULL
      AND (o.is_processing, o.is_ready, o.not_before, o.priority, o.task_types, o.dataset_id)
          IS DISTINCT FROM (n.is_processing, n.is_ready, n.not_before, n.priority, n.task_types, n.dataset_id)
  ) THEN
    PERFORM pg_notify('v2_queue', 'work');
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER v2_queue_notify_update AFTER UPDATE ON v2_queue
  REFERENCING OLD TABLE AS previous NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION v2_queue_notify_update();

-- An admin's UPDATE … SET is_processing = false takes the row from whoever holds it: the old claim loses its
-- lease, and with it the right to write anything.
CREATE FUNCTION v2_queue_taken_back() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  UPDATE v2_task_runs SET outcome = 'lost', finished_at = clock_timestamp(), error = 'an administrator put the row back into the queue'
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
CREATE TRIGGER v2_queue_taken_back AFTER UPDATE OF is_processing ON v2_queue
  FOR EACH ROW WHEN (OLD.is_processing AND NOT NEW.is_processing) EXECUTE FUNCTION v2_queue_taken_back();

-- Deleting a running row cancels its work. A worker that finishes a row has closed its run before, in the same
-- transaction, so that nothing is left to cancel.
CREATE FUNCTION v2_queue_removed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM removed WHERE is_processing) THEN
    WITH canceled AS (
      UPDATE v2_task_runs r SET outcome = 'canceled', finished_at = clock_timestamp(), error = 'the queue row was deleted'
      FROM removed WHERE r.queue_id = removed.id AND r.outcome IS NULL
      RETURNING r.dataset_id)
    UPDATE v2_statuses s SET current_status = 'idle', updated_at = now()
    FROM canceled WHERE s.dataset_id = canceled.dataset_id;
    PERFORM pg_notify('v2_queue_control', 'look');
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER v2_queue_removed AFTER DELETE ON v2_queue
  REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION v2_queue_removed();

-- What a lease gives back can be what a waiting row waits for: a GPU slot, or its dataset.
CREATE FUNCTION v2_lease_given_back() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF OLD.gpu_slot IS NOT NULL
     OR EXISTS (SELECT FROM v2_queue WHERE dataset_id = OLD.dataset_id AND NOT is_processing) THEN
    PERFORM pg_notify('v2_queue', 'work');
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER v2_lease_deleted AFTER DELETE ON v2_queue_lease
  FOR EACH ROW EXECUTE FUNCTION v2_lease_given_back();
CREATE TRIGGER v2_lease_slot_freed AFTER UPDATE OF gpu_slot ON v2_queue_lease
  FOR EACH ROW WHEN (OLD.gpu_slot IS NOT NULL AND NEW.gpu_slot IS DISTINCT FROM OLD.gpu_slot)
  EXECUTE FUNCTION v2_lease_given_back();

CREATE FUNCTION v2_notify_control() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM pg_notify('v2_queue_control', 'look');
  RETURN NULL;
END $$;
CREATE TRIGGER v2_lease_canceled AFTER UPDATE OF cancel_requested_at ON v2_queue_lease
  FOR EACH ROW WHEN (NEW.cancel_requested_at IS DISTINCT FROM OLD.cancel_requested_at)
  EXECUTE FUNCTION v2_notify_control();
CREATE TRIGGER v2_worker_state AFTER UPDATE OF state ON v2_workers
  FOR EACH ROW WHEN (NEW.state <> OLD.state) EXECUTE FUNCTION v2_notify_control();

CREATE FUNCTION v2_queue_resumed() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM pg_notify('v2_queue', 'work');
  RETURN NULL;
END $$;
CREATE TRIGGER v2_queue_resumed AFTER DELETE ON v2_queue_pause
  FOR EACH STATEMENT EXECUTE FUNCTION v2_queue_resumed();
CREATE TRIGGER v2_worker_undrained AFTER UPDATE OF state ON v2_workers
  FOR EACH ROW WHEN (OLD.state = 'draining' AND NEW.state = 'running') EXECUTE FUNCTION v2_queue_resumed();
CREATE TRIGGER v2_gpu_slot_added AFTER INSERT ON v2_gpu_slots
  FOR EACH STATEMENT EXECUTE FUNCTION v2_queue_resumed();
