-- The role deadtrees_worker: exactly what a worker's connection needs, on tables with row level security, without
-- BYPASSRLS. It cannot log in; a login role that is a member of it can be given to each host.

CREATE FUNCTION v2_grant_worker_rights() RETURNS void
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
    ('v2_task_runs', 'SELECT, INSERT, UPDATE'),
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
    v2_mark_stages, v2_sweep, v2_first_stage, v2_stages_done, v2_free_gpu_slot, v2_next_backoff_seconds,
    v2_why_waiting, v2_why_not_ready, v2_why_backing_off, v2_why_no_worker, v2_why_no_slot, v2_rows_ahead, v2_holder,
    v2_minute TO deadtrees_worker;
END $$;
COMMENT ON FUNCTION v2_grant_worker_rights IS 'Gives the role deadtrees_worker what workers need, and no more. May be repeated; called by the owner of the tables.';
REVOKE EXECUTE ON FUNCTION v2_grant_worker_rights FROM PUBLIC, anon, authenticated;

-- Roles belong to the whole cluster: another database may be migrating at this moment.
DO $$
BEGIN
  IF to_regrole('deadtrees_worker') IS NULL THEN
    BEGIN
      CREATE ROLE deadtrees_worker NOLOGIN;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
      NULL;
    END;
  END IF;
  PERFORM v2_grant_worker_rights();
EXCEPTION WHEN insufficient_privilege THEN
  RAISE NOTICE 'role deadtrees_worker is left out: %', SQLERRM
    USING HINT = 'have it made with CREATE ROLE deadtrees_worker NOLOGIN, then run SELECT v2_grant_worker_rights() as the owner of the tables';
END $$;
