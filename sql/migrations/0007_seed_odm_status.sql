-- The status value and the flag of the ODM task; and those of the combined model, which platforms from before it
-- lack too. A value added to an enum cannot be used before this file's transaction has ended, and nothing here
-- uses it.

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['odm_processing', 'deadwood_treecover_combined_segmentation'] LOOP
        CONTINUE WHEN EXISTS (SELECT FROM pg_enum
                              WHERE enumtypid = 'public.v2_status'::regtype AND enumlabel = name);
        EXECUTE format('ALTER TYPE public.v2_status ADD VALUE %L', name);
    END LOOP;

    FOREACH name IN ARRAY ARRAY['is_odm_done', 'is_combined_model_done'] LOOP
        CONTINUE WHEN EXISTS (SELECT FROM pg_attribute
                              WHERE attrelid = 'public.v2_statuses'::regclass AND attname = name
                                AND NOT attisdropped);
        EXECUTE format('ALTER TABLE public.v2_statuses ADD COLUMN %I boolean NOT NULL DEFAULT false', name);
    END LOOP;
END $$;
