SELECT procrastinate_defer_jobs_v1(ARRAY[('bench', 'bench', 0, NULL, NULL, '{}', NULL)::procrastinate_job_to_defer_v1])
