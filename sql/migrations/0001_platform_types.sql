-- What the platform's tables stand on: PostGIS, the three API roles, Supabase's schema `auth`, the enums,
-- and who may see or audit what.
--
-- Files 0001–0007 build the part of the DeadTrees schema that we read and write, on a plain PostgreSQL.
-- On a database that already is a DeadTrees platform they must change nothing: each block asks for the object
-- first and leaves it, with its owner, policies, defaults and column order, as it is.

-- Supabase keeps extensions in a schema of that name; one that does not exist is ignored.
SET LOCAL search_path = public, extensions;

DO $$
BEGIN
    CREATE EXTENSION IF NOT EXISTS postgis;
EXCEPTION
    WHEN insufficient_privilege THEN
        RAISE EXCEPTION 'create extension postgis failed: role "%" may not create it', current_user
            USING HINT = format('have a superuser run CREATE EXTENSION postgis in database %I', current_database());
    WHEN undefined_file OR feature_not_supported THEN
        RAISE EXCEPTION 'create extension postgis failed: it is not installed on the database server'
            USING HINT = 'install the package postgresql-15-postgis-3 (or your version''s) beside PostgreSQL';
END $$;

-- Roles belong to the whole cluster: another database may be migrating at this moment.
DO $$
DECLARE
    wanted record;
BEGIN
    FOR wanted IN
        SELECT name, attributes
        FROM (VALUES ('anon', 'NOLOGIN'),
                     ('authenticated', 'NOLOGIN'),
                     ('service_role', 'NOLOGIN BYPASSRLS')) AS roles (name, attributes)
        WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)
    LOOP
        BEGIN
            EXECUTE format('CREATE ROLE %I %s', wanted.name, wanted.attributes);
        EXCEPTION
            WHEN duplicate_object OR unique_violation THEN
                NULL;
            WHEN insufficient_privilege THEN
                RAISE EXCEPTION 'create role "%" failed: role "%" may not create it', wanted.name, current_user
                    USING HINT = format('have a superuser run CREATE ROLE %I %s', wanted.name, wanted.attributes);
        END;
    END LOOP;
END $$;

-- The part of Supabase's schema `auth` that the tables and policies refer to. Where there is one, it is complete.
DO $block$
BEGIN
    IF to_regnamespace('auth') IS NOT NULL THEN
        RETURN;
    END IF;

    CREATE SCHEMA auth;
    GRANT USAGE ON SCHEMA auth TO anon, authenticated, service_role;

    CREATE TABLE auth.users (
        id    uuid PRIMARY KEY,
        email varchar(255)
    );
    GRANT SELECT ON auth.users TO service_role;

    CREATE FUNCTION auth.jwt() RETURNS jsonb
        LANGUAGE sql STABLE
        AS $$ SELECT nullif(current_setting('request.jwt.claims', true), '')::jsonb $$;

    CREATE FUNCTION auth.uid() RETURNS uuid
        LANGUAGE sql STABLE
        AS $$ SELECT (auth.jwt() ->> 'sub')::uuid $$;

    COMMENT ON SCHEMA auth IS 'stands in for the schema that Supabase''s sign-in service owns';
    COMMENT ON TABLE auth.users IS 'people who have signed in; the columns that DeadTrees refers to';
    COMMENT ON FUNCTION auth.jwt() IS 'claims of the token that PostgREST has verified for this transaction, or null';
    COMMENT ON FUNCTION auth.uid() IS 'user id (claim "sub") of the verified token, or null';
END $block$;

-- Enums. `odm_processing` comes with 0005, as it came to the platform.
DO $$
BEGIN
    IF to_regtype('public.v2_status') IS NULL THEN
        CREATE TYPE public.v2_status AS ENUM (
            'idle', 'uploading', 'ortho_processing', 'cog_processing', 'thumbnail_processing',
            'deadwood_segmentation', 'forest_cover_segmentation', 'audit_in_progress', 'metadata_processing',
            'deadwood_treecover_combined_segmentation', 'aoi_segmentation', 'embedding_processing');
        COMMENT ON TYPE public.v2_status IS 'what is being done to a dataset at this moment';
    END IF;
    IF to_regtype('public."License"') IS NULL THEN
        CREATE TYPE public."License" AS ENUM ('CC BY', 'CC BY-SA', 'CC BY-NC-SA', 'MIT', 'CC BY-NC');
    END IF;
    IF to_regtype('public."Platform"') IS NULL THEN
        CREATE TYPE public."Platform" AS ENUM ('drone', 'airborne', 'satellite');
    END IF;
    IF to_regtype('public.access') IS NULL THEN
        CREATE TYPE public.access AS ENUM ('public', 'viewonly', 'private');
    END IF;
    IF to_regtype('public."LabelSource"') IS NULL THEN
        CREATE TYPE public."LabelSource" AS ENUM (
            'visual_interpretation', 'model_prediction', 'fixed_model_prediction', 'reference_patch');
    END IF;
    IF to_regtype('public."LabelType"') IS NULL THEN
        CREATE TYPE public."LabelType" AS ENUM (
            'point_observation', 'segmentation', 'instance_segmentation', 'semantic_segmentation');
    END IF;
    IF to_regtype('public."LabelData"') IS NULL THEN
        CREATE TYPE public."LabelData" AS ENUM ('deadwood', 'forest_cover');
    END IF;
END $$;

-- Who may see or do more than others.
DO $block$
BEGIN
    IF to_regclass('public.privileged_users') IS NULL THEN
        CREATE TABLE public.privileged_users (
            id                   bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
            user_id              uuid NOT NULL UNIQUE REFERENCES auth.users (id) ON DELETE CASCADE,
            created_at           timestamptz NOT NULL DEFAULT now(),
            can_upload_private   boolean NOT NULL DEFAULT true,
            can_audit            boolean NOT NULL DEFAULT false,
            can_view_all_private boolean NOT NULL DEFAULT false
        );
        ALTER TABLE public.privileged_users ENABLE ROW LEVEL SECURITY;
        CREATE POLICY "read own privileges" ON public.privileged_users
            FOR SELECT TO authenticated
            USING (user_id = (SELECT auth.uid()));
        GRANT SELECT ON public.privileged_users TO authenticated;
        GRANT ALL ON public.privileged_users TO service_role;
        COMMENT ON TABLE public.privileged_users IS 'people who may see or do more than their own datasets allow';
    END IF;

    IF to_regprocedure('public.can_audit()') IS NULL THEN
        CREATE FUNCTION public.can_audit() RETURNS boolean
            LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
            AS $$
                SELECT EXISTS (SELECT FROM public.privileged_users p WHERE p.user_id = auth.uid() AND p.can_audit)
            $$;
        COMMENT ON FUNCTION public.can_audit() IS 'whether the signed-in user audits other people''s datasets';
    END IF;

    IF to_regprocedure('public.can_view_all_private_data()') IS NULL THEN
        CREATE FUNCTION public.can_view_all_private_data() RETURNS boolean
            LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
            AS $$
                SELECT EXISTS (
                    SELECT FROM public.privileged_users p WHERE p.user_id = auth.uid() AND p.can_view_all_private)
            $$;
        COMMENT ON FUNCTION public.can_view_all_private_data() IS 'whether the signed-in user sees private datasets';
    END IF;

    -- Only where there are tables, and with them policies, still to be made.
    IF to_regprocedure('public.v2_is_processor()') IS NULL
       AND EXISTS (SELECT FROM unnest(ARRAY[
                       'v2_datasets', 'v2_statuses', 'v2_queue', 'v2_orthos', 'v2_orthos_processed', 'v2_cogs',
                       'v2_thumbnails', 'v2_metadata', 'v2_raw_images', 'v2_aois', 'v2_labels',
                       'v2_deadwood_geometries', 'v2_forest_cover_geometries', 'v2_logs']) AS name
                   WHERE to_regclass('public.' || name) IS NULL) THEN
        CREATE FUNCTION public.v2_is_processor() RETURNS boolean
            LANGUAGE sql STABLE
            AS $$ SELECT coalesce(auth.jwt() ->> 'email' = 'processor@deadtrees.earth', false) $$;
        COMMENT ON FUNCTION public.v2_is_processor() IS
            'whether the token is the platform''s processing account, which its policies know by e-mail';
    END IF;
END $block$;
