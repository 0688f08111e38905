-- One row of cheap work for a dataset that is ready. Parameters: dataset.
INSERT INTO v2_queue (dataset_id, user_id, task_types) SELECT id, user_id, '{metadata}' FROM v2_datasets WHERE id = $1 RETURNING id
