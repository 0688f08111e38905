-- Makes the freshly migrated database look like somebody else's: another owner, other column orders, extra
-- columns, other policies, indexes, defaults and functions. Applying the migrations must leave all of it alone.

DROP FUNCTION v2_is_processor, v2_may_annotate, v2_may_edit_label, v2_measure_polygon, v2_record_dataset_edit,
              v2_check_aoi_origin, v2_keep_aoi_origin CASCADE;
DROP VIEW v2_queue_positions;

DO $$
DECLARE
    object record;
BEGIN
    FOR object IN SELECT schemaname, tablename, policyname FROM pg_policies WHERE schemaname = 'public' LOOP
        EXECUTE format('DROP POLICY %I ON %I', object.policyname, object.tablename);
    END LOOP;

    FOR object IN SELECT indexname FROM pg_indexes
                  WHERE schemaname = 'public' AND indexname LIKE 'v2%idx' LOOP
        EXECUTE format('DROP INDEX %I', object.indexname);
    END LOOP;

    FOR object IN SELECT c.oid::regclass AS name FROM pg_class c
                  WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'spatial_ref_sys' LOOP
        EXECUTE format('COMMENT ON TABLE %s IS NULL', object.name);
        EXECUTE format('ALTER TABLE %s ADD COLUMN platform_extra text DEFAULT ''theirs''', object.name);
        EXECUTE format('CREATE POLICY theirs ON %s FOR SELECT USING (platform_extra = ''theirs'')', object.name);
        EXECUTE format('REVOKE ALL ON %s FROM anon', object.name);
    END LOOP;
END $$;

ALTER TABLE v2_queue DROP COLUMN priority;
ALTER TABLE v2_queue ADD COLUMN priority smallint NOT NULL DEFAULT 3;
ALTER TABLE v2_statuses DROP COLUMN is_odm_done;
ALTER TABLE v2_statuses ADD COLUMN is_odm_done boolean NOT NULL DEFAULT true;
ALTER TABLE v2_logs DISABLE ROW LEVEL SECURITY;
ALTER TABLE v2_cogs FORCE ROW LEVEL SECURITY;
CREATE OR REPLACE FUNCTION can_audit() RETURNS boolean LANGUAGE sql STABLE AS 'SELECT false';
CREATE VIEW v2_queue_positions AS
    SELECT id, dataset_id, row_number() OVER (ORDER BY priority DESC) AS current_position FROM v2_queue;
CREATE TABLE theirs_alone (id bigint PRIMARY KEY);
