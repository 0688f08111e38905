-- The status value and the flag of the ODM task. A value added to an enum cannot be used before this file's
-- transaction has ended, and nothing here uses it.

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_enum
                   WHERE enumtypid = 'public.v2_status'::regtype AND enumlabel = 'odm_processing') THEN
        ALTER TYPE public.v2_status ADD VALUE 'odm_processing';
    END IF;

    IF NOT EXISTS (SELECT FROM pg_attribute
                   WHERE attrelid = 'public.v2_statuses'::regclass AND attname = 'is_odm_done'
                     AND NOT attisdropped) THEN
        ALTER TABLE public.v2_statuses ADD COLUMN is_odm_done boolean NOT NULL DEFAULT false;
        COMMENT ON COLUMN public.v2_statuses.is_odm_done IS 'ODM has made the orthophoto (task odm_processing)';
    END IF;
END $$;
