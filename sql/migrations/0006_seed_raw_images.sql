-- Raw drone images: where they are, what they are.

SET LOCAL search_path = public, extensions;

DO $block$
BEGIN
    IF to_regclass('public.v2_raw_images') IS NOT NULL THEN
        RETURN;
    END IF;

    CREATE TABLE public.v2_raw_images (
        dataset_id            bigint PRIMARY KEY REFERENCES public.v2_datasets (id) ON DELETE CASCADE,
        raw_image_count       integer NOT NULL,
        raw_image_size_mb     integer NOT NULL,
        raw_images_path       text NOT NULL,
        camera_metadata       jsonb,
        has_rtk_data          boolean NOT NULL DEFAULT false,
        rtk_precision_cm      numeric(4, 2),
        rtk_quality_indicator integer,
        rtk_file_count        integer DEFAULT 0,
        version               integer NOT NULL DEFAULT 1,
        created_at            timestamptz NOT NULL DEFAULT now()
    );
    CREATE INDEX v2_raw_images_camera_metadata_idx ON public.v2_raw_images USING gin (camera_metadata);

    ALTER TABLE public.v2_raw_images ENABLE ROW LEVEL SECURITY;
    CREATE POLICY "everyone reads" ON public.v2_raw_images FOR SELECT USING (true);
    CREATE POLICY "signed-in users insert" ON public.v2_raw_images FOR INSERT TO authenticated WITH CHECK (true);
    CREATE POLICY "processor updates" ON public.v2_raw_images
        FOR UPDATE TO authenticated USING ((SELECT public.v2_is_processor()));
    GRANT SELECT, INSERT, UPDATE, DELETE ON public.v2_raw_images TO anon, authenticated;
    GRANT ALL ON public.v2_raw_images TO service_role;

    COMMENT ON TABLE public.v2_raw_images IS 'the raw images of a dataset that ODM turns into an orthophoto';
    COMMENT ON COLUMN public.v2_raw_images.raw_image_count IS 'images in the set; 0 until it has been looked through';
    COMMENT ON COLUMN public.v2_raw_images.raw_image_size_mb IS
        'MiB, rounded down, at least 1: of the ZIP at first, of the images once they are unpacked';
    COMMENT ON COLUMN public.v2_raw_images.raw_images_path IS
        'a ZIP file or a folder; what stands before raw_images/ is the uploading host''s and is not relied upon';
    COMMENT ON COLUMN public.v2_raw_images.camera_metadata IS 'EXIF of one image by tag name';
    COMMENT ON COLUMN public.v2_raw_images.has_rtk_data IS 'files of a real-time kinematic receiver came along';
    COMMENT ON COLUMN public.v2_raw_images.rtk_precision_cm IS 'centimetres, horizontal; null when not known';
    COMMENT ON COLUMN public.v2_raw_images.rtk_quality_indicator IS '5 for a fixed solution; null when not known';
END $block$;
