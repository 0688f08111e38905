SET client_min_messages = warning;
TRUNCATE procrastinate_jobs, procrastinate_events, procrastinate_workers CASCADE;
