-- What processing finds out about a dataset, one row a dataset and table, and the view that needs v2_cogs.

SET LOCAL search_path = public, extensions;

DO $block$
BEGIN
    IF to_regclass('public.v2_orthos') IS NOT NULL THEN
        RETURN;
    END IF;

    CREATE TABLE public.v2_orthos (
        dataset_id           bigint PRIMARY KEY REFERENCES public.v2_datasets (id) ON DELETE CASCADE,
        ortho_file_name      text NOT NULL,
        version              integer NOT NULL,
        created_at           timestamptz NOT NULL DEFAULT now(),
        bbox                 box2d,
        sha256               text,
        ortho_upload_runtime double precision,
        ortho_file_size      bigint NOT NULL,
        ortho_info           jsonb
    );
    ALTER TABLE public.v2_orthos ENABLE ROW LEVEL SECURITY;
    CREATE POLICY "everyone reads" ON public.v2_orthos FOR SELECT USING (true);
    CREATE POLICY "signed-in users insert" ON public.v2_orthos FOR INSERT TO authenticated WITH CHECK (true);
    CREATE POLICY "processor updates" ON public.v2_orthos
        FOR UPDATE TO authenticated USING ((SELECT public.v2_is_processor()));
    GRANT SELECT, INSERT, UPDATE, DELETE ON public.v2_orthos TO anon, authenticated;
    GRANT ALL ON public.v2_orthos TO service_role;

    COMMENT ON TABLE public.v2_orthos IS 'the orthophoto as uploaded or as ODM made it: archive/{id}_ortho.tif';
    COMMENT ON COLUMN public.v2_orthos.bbox IS 'longitude and latitude in degrees (EPSG:4326)';
    COMMENT ON COLUMN public.v2_orthos.sha256 IS
        'not of the whole file: of its size in decimal digits, its first and its last 10 MiB';
    COMMENT ON COLUMN public.v2_orthos.ortho_upload_runtime IS 'seconds';
    COMMENT ON COLUMN public.v2_orthos.ortho_file_size IS 'MiB, rounded down, at least 1';
    COMMENT ON COLUMN public.v2_orthos.ortho_info IS 'bands, size, tiling, georeference and tags, as rio-cogeo says';
END $block$;

DO $block$
BEGIN
    IF to_regclass('public.v2_orthos_processed') IS NOT NULL THEN
        RETURN;
    END IF;

    CREATE TABLE public.v2_orthos_processed (
        dataset_id               bigint PRIMARY KEY REFERENCES public.v2_datasets (id) ON DELETE CASCADE,
        ortho_file_name          text NOT NULL,
        version                  integer NOT NULL,
        created_at               timestamptz NOT NULL DEFAULT now(),
        bbox                     box2d,
        sha256                   text,
        ortho_processing_runtime double precision,
        ortho_file_size          bigint NOT NULL,
        ortho_info               jsonb
    );
    ALTER TABLE public.v2_orthos_processed ENABLE ROW LEVEL SECURITY;
    CREATE POLICY "everyone reads" ON public.v2_orthos_processed FOR SELECT USING (true);
    CREATE POLICY "signed-in users insert" ON public.v2_orthos_processed
        FOR INSERT TO authenticated WITH CHECK (true);
    CREATE POLICY "processor updates" ON public.v2_orthos_processed
        FOR UPDATE TO authenticated USING ((SELECT public.v2_is_processor()));
    GRANT SELECT, INSERT, UPDATE, DELETE ON public.v2_orthos_processed TO anon, authenticated;
    GRANT ALL ON public.v2_orthos_processed TO service_role;

    COMMENT ON TABLE public.v2_orthos_processed IS
        'the standardised orthophoto (8 bit, tiled): lives in the job''s scratch folder only';
    COMMENT ON COLUMN public.v2_orthos_processed.bbox IS 'longitude and latitude in degrees (EPSG:4326)';
    COMMENT ON COLUMN public.v2_orthos_processed.sha256 IS
        'not of the whole file: of its size in decimal digits, its first and its last 10 MiB';
    COMMENT ON COLUMN public.v2_orthos_processed.ortho_processing_runtime IS 'seconds';
    COMMENT ON COLUMN public.v2_orthos_processed.ortho_file_size IS 'MiB, rounded down, at least 1';
END $block$;

DO $block$
BEGIN
    IF to_regclass('public.v2_cogs') IS NOT NULL THEN
        RETURN;
    END IF;

    CREATE TABLE public.v2_cogs (
        dataset_id             bigint PRIMARY KEY REFERENCES public.v2_datasets (id) ON DELETE CASCADE,
        cog_file_name          text NOT NULL,
        version                integer NOT NULL,
        created_at             timestamptz NOT NULL DEFAULT now(),
        cog_info               jsonb,
        cog_processing_runtime double precision,
        cog_path               text NOT NULL,
        cog_file_size          bigint NOT NULL
    );
    ALTER TABLE public.v2_cogs ENABLE ROW LEVEL SECURITY;
    CREATE POLICY "everyone reads" ON public.v2_cogs FOR SELECT USING (true);
    CREATE POLICY "signed-in users insert" ON public.v2_cogs FOR INSERT TO authenticated WITH CHECK (true);
    CREATE POLICY "processor updates" ON public.v2_cogs
        FOR UPDATE TO authenticated USING ((SELECT public.v2_is_processor()));
    GRANT SELECT, INSERT, UPDATE, DELETE ON public.v2_cogs TO anon, authenticated;
    GRANT ALL ON public.v2_cogs TO service_role;

    COMMENT ON TABLE public.v2_cogs IS 'the cloud-optimised GeoTIFF that the map shows (EPSG:3857)';
    COMMENT ON COLUMN public.v2_cogs.cog_path IS 'below cogs/ of the storage: {uuid}/{id}_cog.tif';
    COMMENT ON COLUMN public.v2_cogs.cog_processing_runtime IS 'seconds, upload to the storage included';
    COMMENT ON COLUMN public.v2_cogs.cog_file_size IS 'MiB, rounded down, at least 1';
END $block$;

DO $block$
BEGIN
    IF to_regclass('public.v2_thumbnails') IS NOT NULL THEN
        RETURN;
    END IF;

    CREATE TABLE public.v2_thumbnails (
        dataset_id                   bigint PRIMARY KEY REFERENCES public.v2_datasets (id) ON DELETE CASCADE,
        thumbnail_file_name          text NOT NULL,
        thumbnail_path               text NOT NULL,
        version                      integer NOT NULL,
        created_at                   timestamptz NOT NULL DEFAULT now(),
        thumbnail_processing_runtime double precision,
        thumbnail_file_size          bigint NOT NULL
    );
    ALTER TABLE public.v2_thumbnails ENABLE ROW LEVEL SECURITY;
    CREATE POLICY "everyone reads" ON public.v2_thumbnails FOR SELECT USING (true);
    CREATE POLICY "signed-in users insert" ON public.v2_thumbnails FOR INSERT TO authenticated WITH CHECK (true);
    CREATE POLICY "processor updates" ON public.v2_thumbnails
        FOR UPDATE TO authenticated USING ((SELECT public.v2_is_processor()));
    GRANT SELECT, INSERT, UPDATE, DELETE ON public.v2_thumbnails TO anon, authenticated;
    GRANT ALL ON public.v2_thumbnails TO service_role;

    COMMENT ON TABLE public.v2_thumbnails IS 'the preview in lists: JPEG, 256 by 256 pixels';
    COMMENT ON COLUMN public.v2_thumbnails.thumbnail_path IS
        'below thumbnails/ of the storage: {uuid}/{id}_thumbnail.jpg';
    COMMENT ON COLUMN public.v2_thumbnails.thumbnail_processing_runtime IS 'seconds';
    COMMENT ON COLUMN public.v2_thumbnails.thumbnail_file_size IS 'bytes, unlike the other sizes, which are MiB';
END $block$;

DO $block$
BEGIN
    IF to_regclass('public.v2_metadata') IS NOT NULL THEN
        RETURN;
    END IF;

    CREATE TABLE public.v2_metadata (
        dataset_id         bigint PRIMARY KEY REFERENCES public.v2_datasets (id) ON DELETE CASCADE,
        metadata           jsonb NOT NULL,
        version            integer NOT NULL,
        created_at         timestamptz NOT NULL DEFAULT now(),
        processing_runtime double precision
    );
    ALTER TABLE public.v2_metadata ENABLE ROW LEVEL SECURITY;
    CREATE POLICY "everyone reads" ON public.v2_metadata FOR SELECT USING (true);
    CREATE POLICY "signed-in users insert" ON public.v2_metadata FOR INSERT TO authenticated WITH CHECK (true);
    CREATE POLICY "processor updates" ON public.v2_metadata
        FOR UPDATE TO authenticated USING ((SELECT public.v2_is_processor()));
    GRANT SELECT, INSERT, UPDATE, DELETE ON public.v2_metadata TO anon, authenticated;
    GRANT ALL ON public.v2_metadata TO service_role;

    COMMENT ON TABLE public.v2_metadata IS 'where the dataset''s centre lies: administrative area, biome, phenology';
    COMMENT ON COLUMN public.v2_metadata.metadata IS 'one object per source: gadm, biome, phenology';
    COMMENT ON COLUMN public.v2_metadata.processing_runtime IS 'seconds';
END $block$;

-- Columns of v2_queue that older databases lack, and that the view below shows.
DO $$
DECLARE
    lacking record;
BEGIN
    FOR lacking IN
        SELECT name, type
        FROM (VALUES ('task_types', 'text[]'), ('claimed_by', 'text'), ('claimed_at', 'timestamptz'))
             AS wanted (name, type)
        WHERE NOT EXISTS (SELECT FROM pg_attribute
                          WHERE attrelid = 'public.v2_queue'::regclass AND attname = name AND NOT attisdropped)
    LOOP
        EXECUTE format('ALTER TABLE public.v2_queue ADD COLUMN %I %s', lacking.name, lacking.type);
    END LOOP;
END $$;

-- Waiting rows in the order in which they will start. The estimate is the platform's: what a COG takes on
-- average, times the place in the line, and null until there is a first COG.
DO $block$
BEGIN
    IF to_regclass('public.v2_queue_positions') IS NOT NULL THEN
        RETURN;
    END IF;

    CREATE VIEW public.v2_queue_positions WITH (security_invoker = true) AS
    SELECT cog.avg * waiting.current_position AS estimated_time,
           waiting.current_position,
           waiting.id,
           waiting.dataset_id,
           waiting.user_id,
           waiting.build_args,
           waiting.created_at,
           waiting.is_processing,
           waiting.priority,
           waiting.task_types,
           cog.avg,
           waiting.claimed_by,
           waiting.claimed_at
    FROM (SELECT q.*, row_number() OVER (ORDER BY q.priority DESC, q.created_at) AS current_position
          FROM public.v2_queue q
          WHERE NOT q.is_processing) AS waiting
    CROSS JOIN (SELECT avg(c.cog_processing_runtime) AS avg FROM public.v2_cogs c) AS cog;

    GRANT SELECT ON public.v2_queue_positions TO anon, authenticated, service_role;
    COMMENT ON VIEW public.v2_queue_positions IS 'waiting jobs in the order in which they will start';
    COMMENT ON COLUMN public.v2_queue_positions.estimated_time IS 'seconds; null while no COG has been made';
    COMMENT ON COLUMN public.v2_queue_positions.avg IS 'seconds that making a COG takes on average';
END $block$;
