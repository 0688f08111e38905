-- What each thing is for, where psql's \d+ and \df+ show it. Whatever is made by a later file brings its own comment.

COMMENT ON COLUMN v2_task_types.name IS 'What v2_queue.task_types may name.';

COMMENT ON COLUMN v2_deployment.only_row IS 'Always true: the table has one row.';
COMMENT ON COLUMN v2_deployment.id IS 'Label deadtrees.deployment of the containers. A copy of a database that gets workers of its own needs a new one.';

COMMENT ON COLUMN v2_workers.host IS 'Which slots of v2_gpu_slots it may use.';
COMMENT ON COLUMN v2_workers.version IS 'Of its program.';
COMMENT ON COLUMN v2_workers.started_at IS 'When its present or last life began.';
COMMENT ON COLUMN v2_workers.heartbeat_at IS 'Last sign of life, by the database''s clock.';
COMMENT ON COLUMN v2_workers.note IS 'What it is about, or who evicted it.';
COMMENT ON COLUMN v2_workers.gone_after IS 'Silent for longer than this, it counts as gone: its own LEASE. Its claims may be taken over from then on.';
COMMENT ON COLUMN v2_workers.is_drained IS 'Set and cleared by v2_drain. Outlives restarts: a drained worker comes back as draining.';
COMMENT ON COLUMN v2_workers.places IS 'How many rows it runs at a time (WORKER_CONCURRENCY); null when it has not said.';
COMMENT ON VIEW v2_workers_alive IS 'Workers that are neither stopped nor silent for longer than their gone_after.';
COMMENT ON COLUMN v2_workers_alive.name IS 'As v2_workers has it.';
COMMENT ON COLUMN v2_workers_alive.host IS 'As v2_workers has it.';
COMMENT ON COLUMN v2_workers_alive.state IS 'running or draining.';
COMMENT ON COLUMN v2_workers_alive.task_types IS 'As v2_workers has it.';
COMMENT ON COLUMN v2_workers_alive.refuses IS 'As v2_workers has it.';
COMMENT ON COLUMN v2_workers_alive.places IS 'As v2_workers has it.';
COMMENT ON COLUMN v2_workers_alive.heartbeat_at IS 'As v2_workers has it.';

COMMENT ON COLUMN v2_gpu_slots.name IS 'For people, e.g. gpu0.';

COMMENT ON COLUMN v2_queue_lease.queue_id IS 'The row that is held. One claim a row.';
COMMENT ON COLUMN v2_queue_lease.worker IS 'Who holds it: v2_workers.name.';
COMMENT ON COLUMN v2_queue_lease.instance IS 'The life of the worker that claimed it.';
COMMENT ON COLUMN v2_queue_lease.claimed_at IS 'When this attempt began.';
COMMENT ON COLUMN v2_queue_lease.heartbeat_at IS 'Last renewal.';
COMMENT ON COLUMN v2_queue_lease.stage IS 'Task type that runs just now; null when none does.';
COMMENT ON COLUMN v2_queue_lease.container_id IS 'ODM''s container on the worker''s engine, while there is one.';
COMMENT ON COLUMN v2_queue_lease.cancel_requested_at IS 'v2_cancel was called: the worker stops and lets the row go.';
COMMENT ON COLUMN v2_queue_lease.note IS 'What is being done, for people.';

COMMENT ON COLUMN v2_task_runs.id IS 'In the order in which runs were opened.';
COMMENT ON COLUMN v2_task_runs.queue_id IS 'The id that the row has or had in v2_queue. No foreign key: history outlives the row.';
COMMENT ON COLUMN v2_task_runs.dataset_id IS 'No foreign key: history outlives the dataset.';
COMMENT ON COLUMN v2_task_runs.task_type IS 'Which stage.';
COMMENT ON COLUMN v2_task_runs.attempt IS 'The claim it belongs to, from 1.';
COMMENT ON COLUMN v2_task_runs.worker IS 'Who ran it.';
COMMENT ON COLUMN v2_task_runs.started_at IS 'Before the work.';
COMMENT ON COLUMN v2_task_runs.finished_at IS 'Null while it runs.';
COMMENT ON COLUMN v2_task_runs.error_code IS 'What went wrong, for programs.';
COMMENT ON COLUMN v2_task_runs.exit_code IS 'Of the container or the child process, where there was one.';
COMMENT ON COLUMN v2_task_runs.peak_memory_bytes IS 'Of the container or the child process, where there was one.';

COMMENT ON COLUMN v2_queue_pause.only_row IS 'Always true: the table has one row at most.';
COMMENT ON COLUMN v2_queue_pause.paused_at IS 'Since when.';
COMMENT ON COLUMN v2_queue_pause.paused_by IS 'The database role that called v2_pause.';
COMMENT ON COLUMN v2_queue_pause.reason IS 'For whoever finds that nothing starts.';

COMMENT ON VIEW v2_queue_estimates IS 'How long waiting rows will run and when they will start, from v2_task_runs. A guess, for people.';
COMMENT ON COLUMN v2_queue_estimates.id IS 'Of the row in v2_queue.';
COMMENT ON COLUMN v2_queue_estimates.estimated_seconds IS 'Usual time of its task types together; null while one of them has never run.';
COMMENT ON COLUMN v2_queue_estimates.estimated_start_seconds IS 'Until it starts: the rows before it, shared by all places; ODM rows by the GPU slots. Null when there are none.';

COMMENT ON FUNCTION v2_queue_check_task_types IS 'Refuses unknown task types, and returns known ones under their real names, each once.';
COMMENT ON FUNCTION v2_queue_is_ready IS 'Whether the dataset''s upload is done, also beside an upload that becomes done.';
COMMENT ON FUNCTION v2_unfinished_task_types IS 'What v2_requeue runs when it is not told; null when nothing is left.';
COMMENT ON FUNCTION v2_minute IS 'A moment for sentences, in UTC.';
COMMENT ON FUNCTION v2_holder IS 'Who holds a claim, for sentences.';
COMMENT ON FUNCTION v2_why_not_ready IS 'Part of v2_why_waiting: the upload.';
COMMENT ON FUNCTION v2_why_backing_off IS 'Part of v2_why_waiting: the backoff and the failure before it.';
COMMENT ON FUNCTION v2_why_no_worker IS 'Part of v2_why_waiting: nobody runs, takes it, or claims at present.';
COMMENT ON FUNCTION v2_why_no_slot IS 'Part of v2_why_waiting: GPU slots.';
COMMENT ON FUNCTION v2_rows_ahead IS 'Part of v2_why_waiting: rows before it, and room for them.';
COMMENT ON FUNCTION v2_typical_seconds IS 'Median time of each task type, of those among the newest 2000 runs that succeeded.';
COMMENT ON FUNCTION v2_places IS 'How many rows all workers run at a time, and how many ODM runs.';

COMMENT ON FUNCTION v2_free_gpu_slot IS 'A slot that nobody holds and this host may use, or null. Called by workers only.';
COMMENT ON FUNCTION v2_next_backoff_seconds IS 'Until the next row''s backoff is over; null when none waits for that.';
COMMENT ON FUNCTION v2_first_stage IS 'The first stage of a row that is not done, in the worker''s order.';
COMMENT ON FUNCTION v2_stages_done IS 'Which stages of a row its earlier attempts have finished.';
COMMENT ON FUNCTION v2_take_over IS 'Part of v2_claim: claims that ran out. Called by workers only.';
COMMENT ON FUNCTION v2_claim_waiting IS 'Part of v2_claim: waiting rows. Called by workers only.';

COMMENT ON FUNCTION v2_queue_prepare_row IS 'Trigger: checks task types, keeps is_ready and needs_gpu.';
COMMENT ON FUNCTION v2_status_upload_done IS 'Trigger: keeps v2_queue.is_ready of waiting rows.';
COMMENT ON FUNCTION v2_queue_notify_insert IS 'Trigger: notifies v2_queue when a row came that can run.';
COMMENT ON FUNCTION v2_queue_notify_update IS 'Trigger: notifies v2_queue when a row became able to run.';
COMMENT ON FUNCTION v2_queue_resumed IS 'Trigger: notifies v2_queue, because something that held rows up is gone.';
COMMENT ON FUNCTION v2_notify_control IS 'Trigger: notifies v2_queue_control, so that workers look at what they run.';
COMMENT ON FUNCTION v2_queue_taken_back IS 'Trigger: takes the claim from its worker when is_processing is set to false.';
COMMENT ON FUNCTION v2_queue_removed IS 'Trigger: writes the outcome of rows that were deleted by anybody but their worker.';
COMMENT ON FUNCTION v2_queue_refuse_truncate IS 'Trigger: keeps rows from leaving the queue without an outcome.';
COMMENT ON FUNCTION v2_leases_given_back IS 'Trigger: notifies v2_queue when a slot or a dataset that rows wait for is free again.';

COMMENT ON TRIGGER v2_queue_prepare_insert ON v2_queue IS 'Task types, is_ready and needs_gpu of new rows.';
COMMENT ON TRIGGER v2_queue_prepare_update ON v2_queue IS 'The same when they are changed or the row is put back.';
COMMENT ON TRIGGER v2_queue_notify_insert ON v2_queue IS 'Wakes workers, once a statement.';
COMMENT ON TRIGGER v2_queue_notify_update ON v2_queue IS 'Wakes workers, once a statement.';
COMMENT ON TRIGGER v2_queue_taken_back ON v2_queue IS 'UPDATE … SET is_processing = false takes the row from its worker.';
COMMENT ON TRIGGER v2_queue_removed ON v2_queue IS 'DELETE leaves an outcome, and stops running work.';
COMMENT ON TRIGGER v2_queue_truncated ON v2_queue IS 'TRUNCATE would leave no outcome.';
COMMENT ON TRIGGER v2_status_upload_done_insert ON v2_statuses IS 'An upload that is done makes waiting rows ready.';
COMMENT ON TRIGGER v2_status_upload_done_update ON v2_statuses IS 'An upload that becomes done, or undone, makes waiting rows ready, or not.';
COMMENT ON TRIGGER v2_leases_deleted ON v2_queue_lease IS 'Wakes workers for what the claim held.';
COMMENT ON TRIGGER v2_lease_slot_freed ON v2_queue_lease IS 'Wakes workers for a GPU slot that is free.';
COMMENT ON TRIGGER v2_lease_canceled ON v2_queue_lease IS 'Tells the worker to stop.';
COMMENT ON TRIGGER v2_worker_state ON v2_workers IS 'Tells a worker that it is drained, evicted or may go on.';
COMMENT ON TRIGGER v2_worker_undrained ON v2_workers IS 'A worker that may go on has rows to claim.';
COMMENT ON TRIGGER v2_queue_paused ON v2_queue_pause IS 'Tells workers that the queue is paused.';
COMMENT ON TRIGGER v2_queue_resumed ON v2_queue_pause IS 'Wakes workers when the pause ends.';
COMMENT ON TRIGGER v2_gpu_slot_added ON v2_gpu_slots IS 'Wakes workers for a new slot.';

-- deadtrees migrate makes this one before the first file.
DO $$
BEGIN
  IF to_regclass('public.v2_schema_migrations') IS NOT NULL THEN
    COMMENT ON TABLE v2_schema_migrations IS 'Which files of sql/migrations this database has.';
    COMMENT ON COLUMN v2_schema_migrations.name IS 'Of the file, without .sql.';
    COMMENT ON COLUMN v2_schema_migrations.checksum IS 'Of the file as it was applied: an edit afterwards is refused.';
    COMMENT ON COLUMN v2_schema_migrations.applied_at IS 'When.';
  END IF;
END $$;
