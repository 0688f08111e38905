-- The workers that sql/bench/cycle.pgbench claims for.
INSERT INTO v2_workers (name, host, version, instance, task_types)
SELECT 'bench' || n, 'bench', 'bench', '00000000-0000-4000-8000-00000000be4c', '{metadata}' FROM generate_series(0, 31) n;
