SELECT count(procrastinate_defer_jobs_v1(
  ARRAY[('bench', 'bench', 0, NULL, NULL, '{}', NULL)::procrastinate_job_to_defer_v1])) FROM generate_series(1, :rows);
VACUUM ANALYZE procrastinate_jobs, procrastinate_events;
