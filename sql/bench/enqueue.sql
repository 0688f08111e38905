-- One row of cheap work for the one dataset that is there.
INSERT INTO v2_queue (dataset_id, user_id, task_types) SELECT id, user_id, '{metadata}' FROM v2_datasets LIMIT 1
