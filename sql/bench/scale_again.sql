-- Asks again for what the last :rows rows asked for, which have left the queue in its order.
INSERT INTO v2_queue (dataset_id, user_id, task_types)
SELECT dataset_id, user_id, '{metadata}' FROM (SELECT * FROM v2_requests ORDER BY queue_id DESC LIMIT :rows) AS last ORDER BY queue_id;
