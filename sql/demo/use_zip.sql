-- The photos are in raw_images/{id}.zip, as today's upload leaves them. Variables: dataset.
UPDATE v2_raw_images SET raw_images_path = format('raw_images/%s.zip', dataset_id) WHERE dataset_id = :dataset;
