-- Empties what a run of the worker leaves behind, past the trigger that forbids it. For a database that nobody needs.
SET session_replication_role = replica;
SET client_min_messages = warning;
TRUNCATE v2_datasets CASCADE;
TRUNCATE v2_queue, v2_queue_lease, v2_task_runs, v2_requests, v2_workers, v2_odm_runs CASCADE;
