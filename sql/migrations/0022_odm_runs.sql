-- One row for every ODM container there was: its deadline before it exists, why it was ended before it is, and on which
-- GPU slot it counts until it is really gone. Leases come and go with attempts; this stays.

CREATE TABLE v2_odm_runs (
  id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  queue_id          bigint NOT NULL,
  dataset_id        bigint NOT NULL,
  attempt           integer NOT NULL,
  worker            text NOT NULL,
  host              text NOT NULL,
  engine            text NOT NULL,
  boot_id           text,
  gpu_slot          text,
  container_id      text UNIQUE,
  planned_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
  started_at        timestamptz,
  seen_at           timestamptz,
  deadline_at       timestamptz NOT NULL,
  kill_requested_at timestamptz,
  kill_reason       text CHECK (kill_reason IN ('deadline', 'disk', 'stalled', 'canceled', 'stale')),
  ended_at          timestamptz,
  exit_code         integer,
  CHECK ((kill_reason IS NULL) = (kill_requested_at IS NULL))
);
COMMENT ON TABLE v2_odm_runs IS 'One row per ODM container, written before it is made and kept. Outlives leases, queue rows and containers.';
COMMENT ON COLUMN v2_odm_runs.id IS 'In the order in which runs were planned.';
COMMENT ON COLUMN v2_odm_runs.queue_id IS 'The id that the row has or had in v2_queue.';
COMMENT ON COLUMN v2_odm_runs.dataset_id IS 'What it makes an orthophoto of.';
COMMENT ON COLUMN v2_odm_runs.attempt IS 'The claim that made it. Later claims may have taken it up.';
COMMENT ON COLUMN v2_odm_runs.worker IS 'The worker that made it.';
COMMENT ON COLUMN v2_odm_runs.host IS 'Where it runs.';
COMMENT ON COLUMN v2_odm_runs.engine IS 'The Docker Engine''s own id: only a worker that uses it knows what became of the container.';
COMMENT ON COLUMN v2_odm_runs.boot_id IS 'The life of that host: another one later means that the host was restarted, and the run with it.';
COMMENT ON COLUMN v2_odm_runs.gpu_slot IS 'Nobody else gets this slot while the container is known to run, whatever became of its lease.';
COMMENT ON COLUMN v2_odm_runs.container_id IS 'On that host''s engine; null until it is made.';
COMMENT ON COLUMN v2_odm_runs.planned_at IS 'Before the container was made.';
COMMENT ON COLUMN v2_odm_runs.started_at IS 'Just before it was started.';
COMMENT ON COLUMN v2_odm_runs.seen_at IS 'When a worker of that host last saw it run.';
COMMENT ON COLUMN v2_odm_runs.deadline_at IS 'It is killed after this. Never moved: what earlier runs of the row took is taken off ODM_TIMEOUT.';
COMMENT ON COLUMN v2_odm_runs.kill_requested_at IS 'When a worker decided to end it, before it did.';
COMMENT ON COLUMN v2_odm_runs.kill_reason IS 'Why. The first reason stays.';
COMMENT ON COLUMN v2_odm_runs.ended_at IS 'When it was found to be over, or gone.';
COMMENT ON COLUMN v2_odm_runs.exit_code IS 'As the engine had it; null when nobody knows.';
CREATE INDEX v2_odm_runs_queue ON v2_odm_runs (queue_id);
CREATE INDEX v2_odm_runs_open ON v2_odm_runs (gpu_slot) WHERE ended_at IS NULL;

-- Its end can be what a prepared row waits for.
CREATE TRIGGER v2_odm_run_ended AFTER UPDATE OF ended_at ON v2_odm_runs
  FOR EACH ROW WHEN (OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL) EXECUTE FUNCTION v2_queue_resumed();
COMMENT ON TRIGGER v2_odm_run_ended ON v2_odm_runs IS 'Wakes workers: a GPU slot may be free.';

-- A container whose lease went, because an administrator put its row back or deleted it, still uses its GPU: its slot
-- is for its own row only, until it is over or nobody has seen it for two minutes.
DROP FUNCTION v2_free_gpu_slot(text);
CREATE FUNCTION v2_free_gpu_slot(p_host text, p_queue_id bigint DEFAULT NULL) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT s.name FROM v2_gpu_slots s
  WHERE (s.host IS NULL OR s.host = p_host)
    AND NOT EXISTS (SELECT FROM v2_queue_lease l WHERE l.gpu_slot = s.name)
    AND NOT EXISTS (SELECT FROM v2_odm_runs r
                    WHERE r.gpu_slot = s.name AND r.ended_at IS NULL AND r.queue_id IS DISTINCT FROM p_queue_id
                      AND coalesce(r.seen_at, r.started_at) > now() - interval '2 minutes')
  ORDER BY s.host NULLS LAST, s.name LIMIT 1
$$;
COMMENT ON FUNCTION v2_free_gpu_slot IS 'A slot that nobody uses and this host may use, or null. For a row that has a container already, its own slot counts as free.';

CREATE TABLE v2_dataset_warnings (
  dataset_id bigint NOT NULL,
  task_type  text NOT NULL,
  sentences  text[] NOT NULL,
  written_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (dataset_id, task_type)
);
COMMENT ON TABLE v2_dataset_warnings IS 'What went less well than it could although the stage succeeded, for the researcher.';
COMMENT ON COLUMN v2_dataset_warnings.dataset_id IS 'No foreign key: the platform''s table is left as it is.';
COMMENT ON COLUMN v2_dataset_warnings.task_type IS 'The stage that warns. Its next success replaces what it said.';
COMMENT ON COLUMN v2_dataset_warnings.sentences IS 'The weightiest first.';
COMMENT ON COLUMN v2_dataset_warnings.written_at IS 'When the stage succeeded.';

DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['v2_odm_runs', 'v2_dataset_warnings'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('REVOKE ALL ON %I FROM anon, authenticated', name);
    EXECUTE format('CREATE POLICY %I ON %I FOR SELECT USING (true)', 'everyone reads ' || name, name);
    EXECUTE format('GRANT ALL ON %I TO service_role', name);
  END LOOP;
END $$;
GRANT SELECT ON v2_dataset_warnings TO anon, authenticated;
REVOKE EXECUTE ON FUNCTION v2_free_gpu_slot FROM PUBLIC, anon, authenticated;

-- How long ODM itself takes: its stage also waits for the slot, which others' runs count for already.
CREATE OR REPLACE FUNCTION v2_typical_seconds() RETURNS TABLE (task_type text, seconds double precision)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  WITH stages AS (
    SELECT r.task_type, percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM r.finished_at - r.started_at)) AS seconds
    FROM (SELECT * FROM v2_task_runs ORDER BY id DESC LIMIT 2000) r WHERE r.outcome = 'succeeded' GROUP BY r.task_type),
  containers AS (
    SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM r.ended_at - r.started_at)) AS seconds
    FROM (SELECT * FROM v2_odm_runs ORDER BY id DESC LIMIT 500) r WHERE r.exit_code = 0)
  SELECT s.task_type, CASE WHEN s.task_type = 'odm_processing' THEN coalesce(c.seconds, s.seconds) ELSE s.seconds END
  FROM stages s, containers c
$$;
