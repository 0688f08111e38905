-- Of each table that a row passes: size, size of its indexes, dead tuples, share of updates that touched no index,
-- autovacuums until now.
SELECT relname, round(pg_table_size(relid) / 1048576.0, 1), round(pg_indexes_size(relid) / 1048576.0, 1), n_dead_tup,
  coalesce(round(100.0 * n_tup_hot_upd / nullif(n_tup_upd, 0))::text, '-'), autovacuum_count
FROM pg_stat_user_tables
WHERE relname IN ('v2_queue', 'v2_queue_lease', 'v2_statuses', 'v2_task_runs', 'v2_requests', 'v2_workers') ORDER BY relname;
