-- Autovacuum of the queue goes by a number of dead rows: by a share, a million waiting rows would keep two hundred
-- thousand dead ones, which every claim steps over. Pages of v2_statuses keep room, so that an update finds it beside
-- the old row and leaves the indexes alone. Figures: docs/benchmarks.md, "Waiting and passed rows".

ALTER TABLE v2_queue SET (
  autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0);

-- The platform's table: where it belongs to somebody else, it stays as it is.
DO $$
BEGIN
  IF (SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = 'public.v2_statuses'::regclass) THEN
    ALTER TABLE v2_statuses SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);
  ELSE
    RAISE NOTICE 'v2_statuses belongs to somebody else and keeps its storage parameters';
  END IF;
END $$;
