TRUNCATE pgqueuer, pgqueuer_log, pgqueuer_statistics;
