-- Facts about who may do what to our tables and functions, and about the holes of the platform that 0021 closes,
-- checked through the roles that PostgREST uses. Raises at the first that does not hold. Leaves nothing behind: run it
-- in a transaction, on a database with all migrations, and roll back.

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
INSERT INTO v2_raw_images (dataset_id, raw_image_count, raw_image_size_mb, raw_images_path)
    VALUES (101, 1, 1, 'raw_images/101.zip'), (102, 1, 1, 'raw_images/102.zip');
INSERT INTO v2_workers (name, host, version, instance, task_types)
    VALUES ('w', 'h', '1', '00000000-0000-0000-0000-0000000000ff', '{geotiff}');
INSERT INTO v2_queue (id, dataset_id, user_id, task_types)
    VALUES (501, 102, '00000000-0000-0000-0000-00000000000a', '{geotiff}'),
           (502, 101, '00000000-0000-0000-0000-00000000000a', '{geotiff}');
INSERT INTO v2_queue_lease (queue_id, dataset_id, worker, instance, attempt, lease_until)
    VALUES (501, 102, 'w', '00000000-0000-0000-0000-0000000000ff', 1, now() + interval '1 hour');
INSERT INTO v2_task_runs (queue_id, dataset_id, task_type, attempt, worker) VALUES (501, 102, 'geotiff', 1, 'w');
DELETE FROM v2_queue WHERE id = 502;

-- Becomes the person whose e-mail begins so, or nobody.
CREATE FUNCTION pg_temp.become(person text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RESET ROLE;
    PERFORM set_config('request.jwt.claims', coalesce(
        (SELECT jsonb_build_object('sub', id, 'email', email)::text FROM auth.users
         WHERE email LIKE person || '@%'), ''), true);
    EXECUTE 'SET LOCAL ROLE ' || CASE person WHEN 'nobody' THEN 'anon' WHEN 'service' THEN 'service_role' ELSE 'authenticated' END;
END $$;

-- How many rows a statement touches: -1 when it is not permitted, -2 when a check refuses it.
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
    WHEN check_violation THEN
        RETURN -2;
END $$;

DO $$
DECLARE
    fact record;
    found bigint;
BEGIN
    FOR fact IN SELECT * FROM (VALUES
        -- What everybody may see of the queue, and what not: workers, hosts, containers, details for operators.
        ('nobody',    1, 'SELECT queue_id, stage, progress, note FROM v2_queue_lease'),
        ('nobody',   -1, 'SELECT worker FROM v2_queue_lease'),
        ('nobody',   -1, 'SELECT container_id FROM v2_queue_lease'),
        ('nobody',    1, 'SELECT task_type, outcome, error FROM v2_task_runs'),
        ('nobody',   -1, 'SELECT detail FROM v2_task_runs'),
        ('nobody',   -1, 'SELECT worker FROM v2_task_runs'),
        ('nobody',   -1, 'SELECT FROM v2_workers'),
        ('owner',    -1, 'SELECT FROM v2_workers_alive'),
        ('nobody',   -1, 'SELECT FROM v2_deployment'),
        ('owner',    -1, 'SELECT FROM v2_schema_migrations'),
        ('nobody',    10, 'SELECT FROM v2_task_types WHERE alias_of IS NULL'),
        ('nobody',    1, 'SELECT FROM v2_queue_estimates'),
        ('nobody',    1, 'SELECT estimated_start_seconds FROM v2_queue_positions'),
        -- Outcomes are the requester's.
        ('owner',    -1, 'SELECT FROM v2_uploads'),
        ('nobody',   -1, 'SELECT FROM v2_uploads'),
        ('service',   0, 'SELECT FROM v2_uploads'),
        ('owner',     1, 'SELECT outcome, error FROM v2_requests'),
        ('other',     0, 'SELECT outcome, error FROM v2_requests'),
        ('nobody',   -1, 'SELECT outcome, error FROM v2_requests'),
        ('service',   1, 'SELECT outcome, error FROM v2_requests'),
        -- Nobody writes what workers and administrators write.
        ('owner',    -1, 'UPDATE v2_queue_lease SET lease_until = now()'),
        ('owner',    -1, 'DELETE FROM v2_queue_lease'),
        ('processor',-1, 'DELETE FROM v2_queue_lease'),
        ('owner',    -1, 'UPDATE v2_task_runs SET outcome = ''lost'''),
        ('owner',    -1, 'DELETE FROM v2_task_runs'),
        ('owner',    -1, 'DELETE FROM v2_requests'),
        ('owner',    -1, 'INSERT INTO v2_gpu_slots (name) VALUES (''gpu9'')'),
        ('owner',    -1, 'INSERT INTO v2_queue_pause (reason) VALUES (''x'')'),
        ('owner',    -1, 'INSERT INTO v2_task_types (name, position) VALUES (''x'', 99)'),
        ('owner',    -1, 'SELECT v2_requeue(101)'),
        ('processor',-1, 'SELECT v2_cancel(501)'),
        ('owner',    -1, 'SELECT v2_pause(''x'')'),
        ('owner',    -1, 'SELECT v2_evict(''w'')'),
        ('owner',    -1, 'SELECT v2_why_waiting(501)'),
        ('owner',    -1, 'SELECT v2_sweep()'),
        ('owner',    -1, 'SELECT v2_leave_queue(''{501}'', ''canceled'', NULL)'),
        ('owner',    -1, 'SELECT v2_grant_worker_rights()'),
        ('service',   1, 'SELECT v2_why_waiting(501)'),
        ('service',   1, 'SELECT v2_drain(''w''), v2_drain(''w'', false), v2_pause(''x''), v2_resume()'),
        ('service',   1, 'SELECT v2_requeue(101, ''{geotiff}'')'),
        ('service',   1, 'SELECT v2_cancel(id) FROM v2_queue WHERE dataset_id = 101'),
        ('owner',    -1, 'TRUNCATE v2_queue'),
        ('owner',    -1, 'TRUNCATE v2_datasets CASCADE'),
        ('owner',    -1, 'TRUNCATE v2_statuses'),
        ('nobody',   -1, 'TRUNCATE v2_task_runs'),
        -- A user's row waits in line like all others.
        ('owner',     1, $q$INSERT INTO v2_queue (id, dataset_id, user_id, task_types, is_processing, claimed_by, claimed_at,
                                                  attempt, is_ready, needs_gpu)
                            VALUES (601, 101, auth.uid(), '{geotiff}', true, 'me', now(), 99, true, true)$q$),
        ('owner',    -2, $q$INSERT INTO v2_queue (dataset_id, user_id, task_types, priority)
                            VALUES (101, auth.uid(), '{geotiff}', 32767)$q$),
        ('owner',    -2, $q$INSERT INTO v2_queue (dataset_id, user_id, task_types, priority)
                            VALUES (101, auth.uid(), '{geotiff}', 0)$q$),
        ('owner',    -2, $q$INSERT INTO v2_queue (dataset_id, user_id, task_types) VALUES (101, auth.uid(), '{nonsense}')$q$),
        ('owner',    -2, $q$INSERT INTO v2_queue (dataset_id, user_id) VALUES (101, auth.uid())$q$),
        ('owner',     1, $q$INSERT INTO v2_queue (dataset_id, user_id, task_types, priority, is_processing)
                            VALUES (102, auth.uid(), '{geotiff,cog}', 5, false)$q$),
        ('other',    -1, $q$INSERT INTO v2_queue (dataset_id, user_id, task_types) VALUES (101, auth.uid(), '{geotiff}')$q$),
        ('other',     0, 'DELETE FROM v2_queue WHERE id = 601'),
        -- Datasets in one's own name; status and results of one's own datasets, or by the processor and auditors.
        ('other',    -1, $q$INSERT INTO v2_datasets (user_id, file_name, license, platform)
                            VALUES ('00000000-0000-0000-0000-00000000000a', 'x', 'MIT', 'drone')$q$),
        ('other',     1, $q$INSERT INTO v2_datasets (user_id, file_name, license, platform)
                            VALUES (auth.uid(), 'x', 'MIT', 'drone')$q$),
        ('other',    -1, 'INSERT INTO v2_statuses (dataset_id, is_upload_done) VALUES (101, true)'),
        ('owner',     1, 'INSERT INTO v2_statuses (dataset_id) VALUES (101)'),
        ('owner',     1, 'INSERT INTO v2_statuses (dataset_id) VALUES (102)'),
        ('auditor',   1, 'INSERT INTO v2_statuses (dataset_id) VALUES (101)'),
        ('processor', 1, 'INSERT INTO v2_statuses (dataset_id) VALUES (102)'),
        ('other',    -1, 'INSERT INTO v2_cogs (dataset_id, cog_file_name, version, cog_path, cog_file_size) VALUES (101, ''x'', 1, ''x'', 1)'),
        ('processor', 1, 'INSERT INTO v2_cogs (dataset_id, cog_file_name, version, cog_path, cog_file_size) VALUES (101, ''x'', 1, ''x'', 1)'),
        ('other',    -1, 'INSERT INTO v2_orthos (dataset_id, ortho_file_name, version, ortho_file_size) VALUES (101, ''x'', 1, 1)'),
        ('owner',     1, 'INSERT INTO v2_orthos (dataset_id, ortho_file_name, version, ortho_file_size) VALUES (101, ''x'', 1, 1)'),
        ('other',    -1, 'INSERT INTO v2_metadata (dataset_id, metadata, version) VALUES (101, ''{}'', 1)'),
        ('other',    -1, 'INSERT INTO v2_thumbnails (dataset_id, thumbnail_file_name, thumbnail_path, version, thumbnail_file_size) VALUES (101, ''x'', ''x'', 1, 1)'),
        -- Where private photos were taken is no more public than their dataset.
        ('nobody',    1, 'SELECT FROM v2_raw_images'),
        ('other',     1, 'SELECT FROM v2_raw_images'),
        ('owner',     2, 'SELECT FROM v2_raw_images'),
        ('auditor',   2, 'SELECT FROM v2_raw_images'),
        ('processor', 2, 'SELECT FROM v2_raw_images'),
        ('processor', 2, 'UPDATE v2_raw_images SET raw_image_count = 3'),
        -- Last, because it stops the row that the facts above look at.
        ('other',     0, 'DELETE FROM v2_queue WHERE id = 501'),
        ('owner',     1, 'DELETE FROM v2_queue WHERE id = 501')
        ) AS facts (person, expected, statement)
    LOOP
        PERFORM pg_temp.become(fact.person);
        found := pg_temp.rows(fact.statement);
        ASSERT found = fact.expected,
            format('%s: %s touched %s rows, expected %s', fact.person, fact.statement, found, fact.expected);
    END LOOP;
    RESET ROLE;

    ASSERT (SELECT (is_processing, claimed_by, claimed_at, attempt, is_ready, needs_gpu)
                   IS NOT DISTINCT FROM (false, NULL::text, NULL::timestamptz, 0, false, false) FROM v2_queue WHERE id = 601),
        'a user''s row comes as one that waits';
    ASSERT (SELECT outcome = 'canceled' FROM v2_requests WHERE queue_id = 501), 'a user''s DELETE leaves an outcome';
    ASSERT NOT EXISTS (SELECT FROM v2_queue_lease), 'a user''s DELETE stops the work';
END $$;
