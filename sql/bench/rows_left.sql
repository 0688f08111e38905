SELECT count(*) AS rows FROM v2_queue
