-- What the upload will do: a user, a dataset whose upload is done, its raw photos. Prints the dataset's id.
-- Variables: file_name. The photos are expected in raw_images/{id}/images of the storage folder.
INSERT INTO auth.users (id, email) VALUES ('00000000-0000-0000-0000-00000000de30', 'demo@example.org')
ON CONFLICT DO NOTHING;

WITH dataset AS (
  INSERT INTO v2_datasets (user_id, file_name, license, platform, authors)
  VALUES ('00000000-0000-0000-0000-00000000de30', :'file_name', 'CC BY', 'drone', '{demo}')
  RETURNING id
), status AS (
  INSERT INTO v2_statuses (dataset_id, is_upload_done) SELECT id, true FROM dataset
), raw_images AS (
  INSERT INTO v2_raw_images (dataset_id, raw_image_count, raw_image_size_mb, raw_images_path)
  SELECT id, 0, 1, format('raw_images/%s', id) FROM dataset
)
SELECT id FROM dataset;
