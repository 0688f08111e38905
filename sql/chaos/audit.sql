-- Writes down what happens to the queue's rows and leases, for anomalies.sql to read afterwards. Put into a migrated
-- database before anything is queued. clock_timestamp() is read while the row's lock is held, and a row of the log
-- is there only if its transaction was committed.

CREATE SCHEMA chaos;

CREATE TABLE chaos.rows (
  queue_id   bigint PRIMARY KEY,
  dataset_id bigint NOT NULL,
  task_types text[] NOT NULL,
  added_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
  left_at    timestamptz,
  removed_by text
);
COMMENT ON TABLE chaos.rows IS 'Every row of v2_queue that was ever committed.';
COMMENT ON COLUMN chaos.rows.removed_by IS 'application_name of the connection that deleted it.';

CREATE TABLE chaos.claims (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at         timestamptz NOT NULL DEFAULT clock_timestamp(),
  change     text NOT NULL,
  queue_id   bigint NOT NULL,
  dataset_id bigint NOT NULL,
  worker     text NOT NULL,
  instance   uuid NOT NULL,
  attempt    integer NOT NULL,
  gpu_slot   text
);
COMMENT ON TABLE chaos.claims IS 'Every lease that began, ended, or changed its holder, attempt or slot.';
CREATE INDEX ON chaos.claims (queue_id, id);

CREATE TABLE chaos.effects (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at           timestamptz NOT NULL DEFAULT clock_timestamp(),
  dataset_id   bigint NOT NULL,
  task_type    text NOT NULL,
  made_in      integer,
  published_by text NOT NULL,
  queue_id     bigint,
  worker       text,
  attempt      integer
);
COMMENT ON TABLE chaos.effects IS 'Every result that a stage put into v2_metadata, and who held the dataset''s lease then.';
COMMENT ON COLUMN chaos.effects.made_in IS 'The attempt that did the work, as it says itself; null for stages that do not say.';
COMMENT ON COLUMN chaos.effects.published_by IS 'application_name of the connection that wrote it.';
CREATE INDEX ON chaos.effects (queue_id, task_type);

CREATE FUNCTION chaos.row_added() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  INSERT INTO chaos.rows (queue_id, dataset_id, task_types) VALUES (NEW.id, NEW.dataset_id, coalesce(NEW.task_types, '{}'));
  RETURN NULL;
END $$;
CREATE TRIGGER chaos_row_added AFTER INSERT ON v2_queue FOR EACH ROW EXECUTE FUNCTION chaos.row_added();

CREATE FUNCTION chaos.row_removed() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  UPDATE chaos.rows SET left_at = clock_timestamp(), removed_by = current_setting('application_name') WHERE queue_id = OLD.id;
  RETURN NULL;
END $$;
CREATE TRIGGER chaos_row_removed AFTER DELETE ON v2_queue FOR EACH ROW EXECUTE FUNCTION chaos.row_removed();

CREATE FUNCTION chaos.lease_changed() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  lease v2_queue_lease := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
BEGIN
  INSERT INTO chaos.claims (change, queue_id, dataset_id, worker, instance, attempt, gpu_slot)
  VALUES (lower(TG_OP), lease.queue_id, lease.dataset_id, lease.worker, lease.instance, lease.attempt, lease.gpu_slot);
  RETURN NULL;
END $$;
CREATE TRIGGER chaos_lease_began AFTER INSERT OR DELETE ON v2_queue_lease
  FOR EACH ROW EXECUTE FUNCTION chaos.lease_changed();
-- A heartbeat is no change of this kind.
CREATE TRIGGER chaos_lease_changed AFTER UPDATE ON v2_queue_lease FOR EACH ROW
  WHEN ((OLD.queue_id, OLD.dataset_id, OLD.worker, OLD.instance, OLD.attempt, OLD.gpu_slot)
        IS DISTINCT FROM (NEW.queue_id, NEW.dataset_id, NEW.worker, NEW.instance, NEW.attempt, NEW.gpu_slot))
  EXECUTE FUNCTION chaos.lease_changed();

CREATE FUNCTION chaos.effect_published() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  INSERT INTO chaos.effects (dataset_id, task_type, made_in, published_by, queue_id, worker, attempt)
  SELECT NEW.dataset_id, coalesce(NEW.metadata->>'chaos_stage', 'metadata'), (NEW.metadata->>'chaos_attempt')::integer,
    current_setting('application_name'), l.queue_id, l.worker, l.attempt
  FROM (SELECT) AS one LEFT JOIN v2_queue_lease l ON l.dataset_id = NEW.dataset_id;
  RETURN NULL;
END $$;
CREATE TRIGGER chaos_effect_published AFTER INSERT OR UPDATE ON v2_metadata
  FOR EACH ROW EXECUTE FUNCTION chaos.effect_published();
