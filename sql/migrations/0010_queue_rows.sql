-- Which task types there are, and what a row of v2_queue knows about itself: whether its upload is done,
-- whether it needs the GPU, how often it was claimed, and until when it waits.

CREATE TABLE v2_task_types (
  name     text PRIMARY KEY,
  position smallint UNIQUE,
  alias_of text REFERENCES v2_task_types (name),
  CHECK ((position IS NULL) = (alias_of IS NOT NULL))
);
COMMENT ON TABLE v2_task_types IS 'The names that v2_queue.task_types accepts. A new task type is a new row.';
COMMENT ON COLUMN v2_task_types.position IS 'Order of the stages within one row of the queue, for people and messages; workers have the same order in code.';
COMMENT ON COLUMN v2_task_types.alias_of IS 'A name that is accepted and stored as this one.';

INSERT INTO v2_task_types (name, position) VALUES
  ('odm_processing', 10), ('geotiff', 20), ('metadata', 30), ('cog', 40), ('thumbnail', 50),
  ('deadwood_v1', 60), ('treecover_v1', 70), ('deadwood_treecover_combined_v2', 80);
INSERT INTO v2_task_types (name, alias_of) VALUES ('deadwood', 'deadwood_v1'), ('treecover', 'treecover_v1');

ALTER TABLE v2_queue
  ADD COLUMN attempt    integer NOT NULL DEFAULT 0,
  ADD COLUMN not_before timestamptz,
  ADD COLUMN is_ready   boolean NOT NULL DEFAULT false,
  ADD COLUMN needs_gpu  boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN v2_queue.attempt IS 'Claims so far. Also the fencing token: a worker''s writes carry it.';
COMMENT ON COLUMN v2_queue.not_before IS 'Backoff: not claimed before this time. Cleared when it has come.';
COMMENT ON COLUMN v2_queue.is_ready IS 'The dataset''s upload is done. Kept by triggers, so that a claim never looks at rows that cannot run.';
COMMENT ON COLUMN v2_queue.needs_gpu IS 'The row''s next stage is ODM, which wants a slot of v2_gpu_slots.';

-- Refuses what no worker could run, and stores aliases under their real names, each once.
CREATE FUNCTION v2_queue_check_task_types(task_types text[]) RETURNS text[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  unknown text := (
    SELECT string_agg(coalesce(asked, 'null'), ', ')
    FROM unnest(task_types) asked
    WHERE NOT EXISTS (SELECT FROM v2_task_types t WHERE t.name = asked));
  known text := (SELECT string_agg(name, ', ' ORDER BY position) FROM v2_task_types WHERE alias_of IS NULL);
BEGIN
  IF coalesce(cardinality(task_types), 0) = 0 THEN
    RAISE EXCEPTION 'a queue row needs at least one task type; known are: %', known USING ERRCODE = 'check_violation';
  ELSIF unknown IS NOT NULL THEN
    RAISE EXCEPTION 'unknown task type: %; known are: %', unknown, known USING ERRCODE = 'check_violation';
  END IF;
  RETURN (
    SELECT array_agg(name ORDER BY first_asked)
    FROM (SELECT coalesce(t.alias_of, t.name) AS name, min(asked.place) AS first_asked
          FROM unnest(task_types) WITH ORDINALITY AS asked (name, place)
          JOIN v2_task_types t USING (name)
          GROUP BY 1) AS distinct_types);
END $$;

-- Whether the dataset's upload is done. Where it seems not to be, looks again under the dataset's lock, which
-- v2_status_upload_done takes too: so an upload that finishes beside an INSERT is missed by neither.
CREATE FUNCTION v2_queue_is_ready(of_dataset bigint) RETURNS boolean
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM v2_statuses WHERE dataset_id = of_dataset AND is_upload_done) THEN
    RETURN true;
  END IF;
  PERFORM FROM v2_datasets WHERE id = of_dataset FOR NO KEY UPDATE;
  RETURN EXISTS (SELECT FROM v2_statuses WHERE dataset_id = of_dataset AND is_upload_done);
END $$;

-- SECURITY DEFINER: a user who may insert a row need not be allowed to lock the dataset it belongs to.
CREATE FUNCTION v2_queue_prepare_row() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF TG_OP = 'INSERT' OR NEW.task_types IS DISTINCT FROM OLD.task_types THEN
    NEW.task_types := v2_queue_check_task_types(NEW.task_types);
    NEW.needs_gpu := 'odm_processing' = ANY (NEW.task_types);
  END IF;
  IF NOT NEW.is_ready THEN
    NEW.is_ready := v2_queue_is_ready(NEW.dataset_id);
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER v2_queue_prepare_insert BEFORE INSERT ON v2_queue
  FOR EACH ROW EXECUTE FUNCTION v2_queue_prepare_row();
CREATE TRIGGER v2_queue_prepare_update BEFORE UPDATE OF task_types, dataset_id, is_processing ON v2_queue
  FOR EACH ROW EXECUTE FUNCTION v2_queue_prepare_row();

CREATE FUNCTION v2_status_upload_done() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM FROM v2_datasets WHERE id = NEW.dataset_id FOR NO KEY UPDATE;
  UPDATE v2_queue SET is_ready = NEW.is_upload_done
  WHERE dataset_id = NEW.dataset_id AND NOT is_processing AND is_ready <> NEW.is_upload_done;
  RETURN NULL;
END $$;

CREATE TRIGGER v2_status_upload_done_insert AFTER INSERT ON v2_statuses
  FOR EACH ROW WHEN (NEW.is_upload_done) EXECUTE FUNCTION v2_status_upload_done();
CREATE TRIGGER v2_status_upload_done_update AFTER UPDATE OF is_upload_done ON v2_statuses
  FOR EACH ROW WHEN (NEW.is_upload_done <> OLD.is_upload_done) EXECUTE FUNCTION v2_status_upload_done();

-- Rows that were there before us. Their task types are judged when they are claimed.
UPDATE v2_queue q SET
  needs_gpu = coalesce('odm_processing' = ANY (q.task_types), false),
  is_ready = EXISTS (SELECT FROM v2_statuses s WHERE s.dataset_id = q.dataset_id AND s.is_upload_done);

-- The claim walks one of these, in order, and takes the first row that nobody else is taking.
CREATE INDEX v2_queue_claim_any ON v2_queue (priority DESC, created_at, id)
  WHERE NOT is_processing AND is_ready AND not_before IS NULL;
CREATE INDEX v2_queue_claim_cpu ON v2_queue (priority DESC, created_at, id)
  WHERE NOT is_processing AND is_ready AND not_before IS NULL AND NOT needs_gpu;
CREATE INDEX v2_queue_backoff ON v2_queue (not_before) WHERE NOT is_processing AND not_before IS NOT NULL;
CREATE INDEX v2_queue_dataset ON v2_queue (dataset_id);
