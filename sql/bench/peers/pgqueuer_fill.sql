INSERT INTO pgqueuer (priority, status, entrypoint) SELECT 0, 'queued', 'bench' FROM generate_series(1, :rows);
VACUUM ANALYZE pgqueuer, pgqueuer_log;
