-- The row that starts everything. Prints its id. Variables: dataset.
INSERT INTO v2_queue (dataset_id, user_id, task_types)
SELECT id, user_id, '{odm_processing,geotiff,metadata,cog,thumbnail}' FROM v2_datasets WHERE id = :dataset
RETURNING id;
