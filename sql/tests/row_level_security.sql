-- Facts about who may read and write what, checked through the roles that PostgREST uses.
-- Raises at the first that does not hold. Leaves nothing behind: run it in a transaction and roll back.

INSERT INTO auth.users (id, email) VALUES
    ('00000000-0000-0000-0000-00000000000a', 'owner@example.org'),
    ('00000000-0000-0000-0000-00000000000b', 'other@example.org'),
    ('00000000-0000-0000-0000-00000000000c', 'auditor@example.org'),
    ('00000000-0000-0000-0000-00000000000d', 'processor@deadtrees.earth');
INSERT INTO privileged_users (user_id, can_audit, can_view_all_private)
    VALUES ('00000000-0000-0000-0000-00000000000c', true, true);
INSERT INTO v2_datasets (id, user_id, file_name, license, platform, data_access) VALUES
    (101, '00000000-0000-0000-0000-00000000000a', 'open.zip', 'CC BY', 'drone', 'public'),
    (102, '00000000-0000-0000-0000-00000000000a', 'closed.zip', 'CC BY', 'drone', 'private');
INSERT INTO v2_statuses (dataset_id) VALUES (101), (102);
INSERT INTO v2_queue (id, dataset_id, user_id, task_types)
    VALUES (501, 102, '00000000-0000-0000-0000-00000000000a', '{geotiff}');

-- Becomes the person whose e-mail begins so, or nobody.
CREATE FUNCTION pg_temp.become(person text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RESET ROLE;
    PERFORM set_config('request.jwt.claims', coalesce(
        (SELECT jsonb_build_object('sub', id, 'email', email)::text FROM auth.users
         WHERE email LIKE person || '@%'), ''), true);
    EXECUTE 'SET LOCAL ROLE ' || CASE person WHEN 'nobody' THEN 'anon' ELSE 'authenticated' END;
END $$;

-- How many rows a statement touches: -1 when it is refused.
CREATE FUNCTION pg_temp.rows(statement text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    touched bigint;
BEGIN
    EXECUTE statement;
    GET DIAGNOSTICS touched = ROW_COUNT;
    RETURN touched;
EXCEPTION
    WHEN insufficient_privilege THEN
        RETURN -1;
END $$;

DO $$
DECLARE
    fact record;
    found bigint;
BEGIN
    FOR fact IN SELECT * FROM (VALUES
        ('nobody',    1, 'SELECT FROM v2_datasets WHERE id IN (101, 102)'),
        ('owner',     2, 'SELECT FROM v2_datasets WHERE id IN (101, 102)'),
        ('other',     1, 'SELECT FROM v2_datasets WHERE id IN (101, 102)'),
        ('auditor',   2, 'SELECT FROM v2_datasets WHERE id IN (101, 102)'),
        ('processor', 1, 'SELECT FROM v2_datasets WHERE id IN (101, 102)'),
        ('nobody',   -1, $q$INSERT INTO v2_datasets (user_id, file_name, license, platform)
                            VALUES ('00000000-0000-0000-0000-00000000000a', 'x', 'MIT', 'drone')$q$),
        ('other',     1, $q$INSERT INTO v2_datasets (user_id, file_name, license, platform)
                            VALUES ('00000000-0000-0000-0000-00000000000a', 'x', 'MIT', 'drone')$q$),
        ('other',     0, 'UPDATE v2_datasets SET file_name = ''y'' WHERE id = 101'),
        ('owner',     1, 'UPDATE v2_datasets SET file_name = ''y'' WHERE id = 101'),
        ('processor', 1, 'UPDATE v2_datasets SET archived = true WHERE id = 101'),
        ('other',     0, 'DELETE FROM v2_datasets WHERE id = 101'),

        ('nobody',    2, 'SELECT FROM v2_statuses WHERE dataset_id IN (101, 102)'),
        ('owner',     0, 'UPDATE v2_statuses SET has_error = true WHERE dataset_id = 101'),
        ('owner',     0, 'DELETE FROM v2_statuses WHERE dataset_id = 101'),
        ('auditor',   1, 'UPDATE v2_statuses SET has_error = true WHERE dataset_id = 101'),
        ('processor', 1, 'UPDATE v2_statuses SET has_error = true WHERE dataset_id = 101'),
        ('processor', 0, 'DELETE FROM v2_statuses WHERE dataset_id = 101'),
        ('other',     1, 'INSERT INTO v2_statuses (dataset_id) VALUES (101)'),
        ('nobody',   -1, 'INSERT INTO v2_statuses (dataset_id) VALUES (101)'),
        ('other',     1, 'INSERT INTO v2_metadata (dataset_id, metadata, version) VALUES (101, ''{}'', 1)'),
        ('other',     0, 'UPDATE v2_metadata SET version = 2'),
        ('processor', 1, 'UPDATE v2_metadata SET version = 2'),

        ('nobody',    1, 'SELECT FROM v2_queue WHERE id = 501'),
        ('nobody',    1, 'SELECT FROM v2_queue_positions WHERE id = 501'),
        ('owner',     1, $q$INSERT INTO v2_queue (dataset_id, user_id)
                            VALUES (101, '00000000-0000-0000-0000-00000000000a')$q$),
        ('owner',    -1, $q$INSERT INTO v2_queue (dataset_id, user_id)
                            VALUES (101, '00000000-0000-0000-0000-00000000000b')$q$),
        ('other',    -1, $q$INSERT INTO v2_queue (dataset_id, user_id)
                            VALUES (101, '00000000-0000-0000-0000-00000000000b')$q$),
        ('auditor',   1, $q$INSERT INTO v2_queue (dataset_id, user_id)
                            VALUES (102, '00000000-0000-0000-0000-00000000000c')$q$),
        ('processor',-1, $q$INSERT INTO v2_queue (dataset_id, user_id)
                            VALUES (101, '00000000-0000-0000-0000-00000000000a')$q$),
        ('owner',     0, 'UPDATE v2_queue SET priority = 5 WHERE id = 501'),
        ('processor', 1, 'UPDATE v2_queue SET priority = 5 WHERE id = 501'),
        ('other',     0, 'DELETE FROM v2_queue WHERE id = 501'),
        ('owner',     1, 'DELETE FROM v2_queue WHERE id = 501'),
        ('owner',    -1, 'TRUNCATE v2_queue'),

        ('owner',     1, $q$INSERT INTO v2_aois (id, dataset_id, user_id, geometry)
                            VALUES (1, 102, '00000000-0000-0000-0000-00000000000a', '{}')$q$),
        ('other',    -1, $q$INSERT INTO v2_aois (dataset_id, user_id, geometry)
                            VALUES (101, '00000000-0000-0000-0000-00000000000b', '{}')$q$),
        ('processor', 1, $q$INSERT INTO v2_aois (id, dataset_id, user_id, geometry)
                            VALUES (2, 101, '00000000-0000-0000-0000-00000000000d', '{}')$q$),
        ('processor', 1, 'UPDATE v2_aois SET notes = ''n'''),
        ('owner',     1, 'UPDATE v2_aois SET notes = ''n'''),
        ('owner',    -1, 'UPDATE v2_aois SET dataset_id = 101 WHERE id = 1'),
        ('nobody',    1, 'SELECT FROM v2_aois'),
        ('owner',     1, $q$INSERT INTO v2_labels (id, dataset_id, user_id, label_source, label_type, label_data)
                            VALUES (1, 102, '00000000-0000-0000-0000-00000000000a', 'visual_interpretation',
                                    'segmentation', 'deadwood')$q$),
        ('processor',-1, $q$INSERT INTO v2_labels (dataset_id, user_id, label_source, label_type, label_data)
                            VALUES (101, '00000000-0000-0000-0000-00000000000d', 'visual_interpretation',
                                    'segmentation', 'deadwood')$q$),
        ('processor', 1, $q$INSERT INTO v2_labels (id, dataset_id, user_id, label_source, label_type, label_data)
                            VALUES (2, 101, '00000000-0000-0000-0000-00000000000d', 'model_prediction',
                                    'segmentation', 'deadwood')$q$),
        ('processor', 1, $q$INSERT INTO v2_deadwood_geometries (label_id, geometry)
                            VALUES (2, 'SRID=4326;POLYGON((8 48,8.1 48,8.1 48.1,8 48))')$q$),
        ('processor',-1, $q$INSERT INTO v2_deadwood_geometries (label_id, geometry)
                            VALUES (1, 'SRID=4326;POLYGON((8 48,8.1 48,8.1 48.1,8 48))')$q$),
        ('owner',     1, $q$INSERT INTO v2_deadwood_geometries (label_id, geometry)
                            VALUES (1, 'SRID=4326;POLYGON((8 48,8.1 48,8.1 48.1,8 48))')$q$),
        ('other',     0, 'UPDATE v2_deadwood_geometries SET is_deleted = true'),
        ('nobody',    1, 'SELECT FROM v2_deadwood_geometries'),
        ('owner',     2, 'SELECT FROM v2_deadwood_geometries'),

        ('nobody',    2, 'SELECT FROM v2_model_preferences'),
        ('other',     1, 'INSERT INTO v2_logs (message) VALUES (''m'')'),
        ('other',     0, 'DELETE FROM v2_logs'),
        ('processor', 1, 'DELETE FROM v2_logs'),
        ('owner',    -1, 'SELECT FROM processing_notification_events'),
        ('owner',     1, 'INSERT INTO user_notification_preferences VALUES (auth.uid())'),
        ('other',     0, 'SELECT FROM user_notification_preferences'),
        ('auditor',   1, 'SELECT FROM privileged_users'),
        ('other',     0, 'SELECT FROM privileged_users'),
        ('other',    -1, $q$INSERT INTO privileged_users (user_id)
                            VALUES ('00000000-0000-0000-0000-00000000000b')$q$)
        ) AS facts (person, expected, statement)
    LOOP
        PERFORM pg_temp.become(fact.person);
        found := pg_temp.rows(fact.statement);
        ASSERT found = fact.expected,
            format('%s: %s touched %s rows, expected %s', fact.person, fact.statement, found, fact.expected);
    END LOOP;
    RESET ROLE;

    ASSERT (SELECT array_agg(field_name ORDER BY id) = '{file_name,archived}' FROM v2_dataset_edit_history),
        'one row of history per changed field';
    ASSERT (SELECT source = 'ml_prediction' FROM v2_aois WHERE id = 2), 'an area of the processor is a prediction';
    ASSERT (SELECT bool_and(area_m2 > 6.0e7) FROM v2_deadwood_geometries), 'area is filled in web Mercator';
    ASSERT (SELECT estimated_time IS NULL FROM v2_queue_positions LIMIT 1), 'no estimate without a COG';

    INSERT INTO v2_cogs (dataset_id, cog_file_name, version, cog_path, cog_file_size, cog_processing_runtime)
        VALUES (101, 'a', 1, 'b', 1, 30), (102, 'a', 1, 'b', 1, 60);
    ASSERT (SELECT array_agg(estimated_time ORDER BY current_position) = '{45,90}' FROM v2_queue_positions),
        'the estimate is 45 s times the place';
    BEGIN
        INSERT INTO v2_aois (dataset_id, user_id, geometry, source, corrected_from_aoi_id)
            VALUES (102, '00000000-0000-0000-0000-00000000000a', '{}', 'manual_correction', 2);
        ASSERT false, 'a correction of another dataset''s area must be refused';
    EXCEPTION
        WHEN check_violation THEN NULL;
    END;
END $$;
