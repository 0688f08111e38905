-- Holes in the platform's row level security, closed where no client of today needs them. The platform's own policies
-- stay as they are; what is added is restrictive, so that both must agree. service_role passes by all of it.

-- A request is its requester's to look up.
GRANT SELECT ON v2_requests TO authenticated, service_role;
CREATE POLICY "requester reads own outcomes" ON v2_requests FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));

-- What a user inserts waits in line like all others, whatever it says of itself. The API sends priorities 1 to 5.
CREATE FUNCTION v2_queue_guard_insert() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NEW.priority NOT BETWEEN 1 AND 5 THEN
    RAISE EXCEPTION 'priority % is out of range: 1 to 5, and higher runs sooner', NEW.priority USING ERRCODE = 'check_violation';
  END IF;
  NEW.is_processing := false;
  NEW.claimed_by := NULL;
  NEW.claimed_at := NULL;
  NEW.attempt := 0;
  NEW.not_before := NULL;
  NEW.is_ready := false;
  RETURN NEW;
END $$;
COMMENT ON FUNCTION v2_queue_guard_insert IS 'Trigger: a user''s row cannot come as running, claimed, ready or with a priority above the API''s.';
REVOKE EXECUTE ON FUNCTION v2_queue_guard_insert FROM PUBLIC, anon, authenticated;
-- By its name it comes before v2_queue_prepare_insert, which finds out about the upload.
CREATE TRIGGER v2_queue_guard_insert BEFORE INSERT ON v2_queue
  FOR EACH ROW WHEN (current_user IN ('anon', 'authenticated')) EXECUTE FUNCTION v2_queue_guard_insert();
COMMENT ON TRIGGER v2_queue_guard_insert ON v2_queue IS 'Rows of users wait in line.';

-- Whether the signed-in user may say what was found out about a dataset: its owner, through the API; the platform's
-- processor; auditors. SECURITY DEFINER, so that it does not depend on which datasets the user sees.
CREATE FUNCTION v2_may_describe(of_dataset bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT coalesce(auth.jwt() ->> 'email' = 'processor@deadtrees.earth', false) OR can_audit() OR can_view_all_private_data()
    OR EXISTS (SELECT FROM v2_datasets d WHERE d.id = of_dataset AND d.user_id = auth.uid())
$$;
COMMENT ON FUNCTION v2_may_describe IS 'Whether the signed-in user may write status and results of a dataset: owner, processor, auditors.';
REVOKE EXECUTE ON FUNCTION v2_may_describe FROM PUBLIC;
GRANT EXECUTE ON FUNCTION v2_may_describe TO anon, authenticated;

-- Tables that belong to somebody else are left as they are; and where v2_datasets does, v2_may_describe could not read it.
DO $block$
DECLARE
  name text;
BEGIN
  IF NOT (SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = 'public.v2_datasets'::regclass) THEN
    RAISE NOTICE 'v2_datasets belongs to another role: the platform''s row level security is left as it is';
    RETURN;
  END IF;
  FOR name IN
    SELECT c.relname FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND pg_has_role(c.relowner, 'USAGE')
      AND c.relname IN ('v2_statuses', 'v2_orthos', 'v2_orthos_processed', 'v2_cogs', 'v2_thumbnails', 'v2_metadata', 'v2_raw_images')
  LOOP
    EXECUTE format('CREATE POLICY "of one''s own dataset" ON public.%I AS RESTRICTIVE FOR INSERT TO authenticated
      WITH CHECK (v2_may_describe(dataset_id))', name);
  END LOOP;

  FOR name IN
    SELECT c.relname FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND pg_has_role(c.relowner, 'USAGE')
      AND (c.relname LIKE 'v2\_%' OR c.relname LIKE '%user%' OR c.relname LIKE 'processing%')
  LOOP
    -- Row level security does not apply to TRUNCATE, and no client of the public API needs the other two.
    EXECUTE format('REVOKE TRUNCATE, REFERENCES, TRIGGER ON public.%I FROM anon, authenticated', name);
  END LOOP;

  CREATE POLICY "in one's own name" ON public.v2_datasets AS RESTRICTIVE FOR INSERT TO authenticated
    WITH CHECK (user_id = (SELECT auth.uid()));
  IF (SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = to_regclass('public.v2_raw_images')) THEN
    -- Where and when private photos were taken.
    CREATE POLICY "of datasets that one sees" ON public.v2_raw_images AS RESTRICTIVE FOR SELECT TO anon, authenticated
      USING (EXISTS (SELECT FROM v2_datasets d WHERE d.id = dataset_id) OR v2_may_describe(dataset_id));
  END IF;
END $block$;
