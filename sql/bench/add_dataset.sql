-- A dataset that the metadata stage can work on. Prints its id.
WITH u AS (INSERT INTO auth.users (id, email) VALUES (gen_random_uuid(), 'bench@example.org') RETURNING id),
d AS (INSERT INTO v2_datasets (user_id, file_name, license, platform) SELECT id, 'bench.tif', 'CC BY', 'drone' FROM u RETURNING id),
s AS (INSERT INTO v2_statuses (dataset_id, is_upload_done) SELECT id, true FROM d)
INSERT INTO v2_orthos (dataset_id, ortho_file_name, version, ortho_file_size, bbox)
SELECT id, 'bench.tif', 1, 1, 'BOX(8 48,8.1 48.1)' FROM d RETURNING dataset_id AS id
