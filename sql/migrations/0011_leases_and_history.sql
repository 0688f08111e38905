-- Who works on what (leases), with which GPU (slots), who is there (workers), and what became of it (task runs).

CREATE TABLE v2_deployment (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  id       uuid NOT NULL DEFAULT gen_random_uuid()
);
COMMENT ON TABLE v2_deployment IS 'Tells this database''s containers from those of another one on the same Docker host.';
INSERT INTO v2_deployment DEFAULT VALUES;

CREATE TABLE v2_workers (
  name         text PRIMARY KEY,
  host         text NOT NULL,
  version      text NOT NULL,
  instance     uuid NOT NULL,
  task_types   text[] NOT NULL,
  state        text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'draining', 'stopped')),
  started_at   timestamptz NOT NULL DEFAULT now(),
  heartbeat_at timestamptz NOT NULL DEFAULT now(),
  running      bigint[] NOT NULL DEFAULT '{}',
  note         text
);
COMMENT ON TABLE v2_workers IS 'One row a worker, kept after it stopped.';
COMMENT ON COLUMN v2_workers.name IS 'Stable across restarts (WORKER_NAME), unique among running workers.';
COMMENT ON COLUMN v2_workers.instance IS 'New at every start. A process that finds another one here has been replaced and stops.';
COMMENT ON COLUMN v2_workers.state IS 'running; draining: claims nothing more, set with v2_drain; stopped: left in good order.';
COMMENT ON COLUMN v2_workers.task_types IS 'What this worker can run.';
COMMENT ON COLUMN v2_workers.running IS 'Queue ids at its last heartbeat.';

CREATE TABLE v2_gpu_slots (
  name text PRIMARY KEY,
  host text
);
COMMENT ON TABLE v2_gpu_slots IS 'One row per ODM run that may go on at the same time. A second GPU is a second row.';
COMMENT ON COLUMN v2_gpu_slots.host IS 'Only this host may use the slot; null means any host.';
INSERT INTO v2_gpu_slots (name) VALUES ('gpu0');

CREATE TABLE v2_queue_lease (
  queue_id            bigint PRIMARY KEY REFERENCES v2_queue (id) ON DELETE CASCADE,
  dataset_id          bigint NOT NULL UNIQUE,
  worker              text NOT NULL,
  instance            uuid NOT NULL,
  attempt             integer NOT NULL,
  claimed_at          timestamptz NOT NULL DEFAULT now(),
  heartbeat_at        timestamptz NOT NULL DEFAULT now(),
  lease_until         timestamptz NOT NULL,
  stage               text,
  progress            real NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 1),
  gpu_slot            text UNIQUE REFERENCES v2_gpu_slots (name),
  container_id        text,
  deadline_at         timestamptz,
  cancel_requested_at timestamptz,
  note                text
) WITH (fillfactor = 50);
COMMENT ON TABLE v2_queue_lease IS 'One row per running claim. Heartbeats and progress touch this small table only.';
COMMENT ON COLUMN v2_queue_lease.dataset_id IS 'Unique: no two attempts ever change one dataset at a time.';
COMMENT ON COLUMN v2_queue_lease.attempt IS 'Fencing token: a write whose (queue_id, worker, attempt) is not here changes nothing.';
COMMENT ON COLUMN v2_queue_lease.lease_until IS 'After this time any worker may take the claim over. Until one does, its owner may renew it.';
COMMENT ON COLUMN v2_queue_lease.progress IS 'Of the stage, 0 to 1.';
COMMENT ON COLUMN v2_queue_lease.gpu_slot IS 'Unique: two ODM runs can never hold one slot, whatever the bug.';
COMMENT ON COLUMN v2_queue_lease.deadline_at IS 'The container is killed after this time. Written before the container is created.';

CREATE TABLE v2_task_runs (
  id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  queue_id          bigint NOT NULL,
  dataset_id        bigint NOT NULL,
  task_type         text NOT NULL,
  attempt           integer NOT NULL,
  worker            text NOT NULL,
  started_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
  finished_at       timestamptz,
  outcome           text CHECK (outcome IN ('succeeded', 'failed', 'timed_out', 'canceled', 'lost', 'released')),
  error             text,
  error_code        text,
  exit_code         integer,
  peak_memory_bytes bigint,
  detail            jsonb NOT NULL DEFAULT '{}',
  CHECK ((outcome IS NULL) = (finished_at IS NULL))
);
COMMENT ON TABLE v2_task_runs IS 'History: one row per stage and attempt, opened before the work. Outlives queue rows and datasets.';
COMMENT ON COLUMN v2_task_runs.outcome IS 'Null while it runs. lost: its worker went away. released: its worker stopped in good order.';
COMMENT ON COLUMN v2_task_runs.error IS 'One sentence for the researcher.';
COMMENT ON COLUMN v2_task_runs.detail IS 'For operators: settings used, what libraries and containers said, measures.';
CREATE INDEX v2_task_runs_queue ON v2_task_runs (queue_id, task_type);
CREATE INDEX v2_task_runs_dataset ON v2_task_runs (dataset_id, started_at DESC);
CREATE UNIQUE INDEX v2_task_runs_open ON v2_task_runs (queue_id) WHERE outcome IS NULL;

CREATE TABLE v2_queue_pause (
  only_row  boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  paused_at timestamptz NOT NULL DEFAULT now(),
  paused_by text NOT NULL DEFAULT current_user,
  reason    text NOT NULL
);
COMMENT ON TABLE v2_queue_pause IS 'Has its one row while the queue is paused. Use v2_pause(reason) and v2_resume().';

-- Everybody who may see the queue may see how far it is; only operators see details.
DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['v2_deployment', 'v2_task_types', 'v2_workers', 'v2_gpu_slots', 'v2_queue_lease', 'v2_task_runs', 'v2_queue_pause'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('REVOKE ALL ON %I FROM anon, authenticated', name);
    EXECUTE format('CREATE POLICY %I ON %I FOR SELECT USING (true)', 'everyone reads ' || name, name);
    EXECUTE format('GRANT ALL ON %I TO service_role', name);
  END LOOP;
END $$;
GRANT SELECT ON v2_task_types, v2_queue_pause, v2_gpu_slots TO anon, authenticated;
GRANT SELECT (queue_id, dataset_id, attempt, claimed_at, heartbeat_at, lease_until, stage, progress, deadline_at, note)
  ON v2_queue_lease TO anon, authenticated;
GRANT SELECT (id, queue_id, dataset_id, task_type, attempt, started_at, finished_at, outcome, error)
  ON v2_task_runs TO anon, authenticated;
