-- Empties what a run of the worker leaves behind. For a database that nobody needs.
TRUNCATE v2_datasets CASCADE;
TRUNCATE v2_queue, v2_task_runs, v2_requests, v2_workers CASCADE;
