-- :cycles times, in one session: claims ten rows, completes them, and asks for the same again, each in a transaction
-- of its own. The server's time and buffers of the three calls, without commit: the medians of all but the first fifth.
-- One line: claim ms, its buffers, complete ms, its buffers, insert ms, its buffers, the slowest claim of all in ms.
INSERT INTO v2_workers (name, host, version, instance, task_types)
VALUES ('bench', 'bench', 'bench', '00000000-0000-4000-8000-00000000be4c', '{odm_processing,metadata}') ON CONFLICT DO NOTHING;
CREATE TEMP TABLE taken (cycle integer, call text, plan json);
CREATE PROCEDURE pg_temp.cycles(cycles integer) LANGUAGE plpgsql AS $$
DECLARE
  report   json;
  ends     jsonb;
  datasets bigint[];
BEGIN
  FOR cycle IN 1..cycles LOOP
    EXECUTE $call$
      EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON)
      SELECT * FROM v2_claim('bench', '00000000-0000-4000-8000-00000000be4c', 'bench', '{odm_processing,metadata}',
        '{odm_processing,metadata_processing}', '{is_odm_done,is_metadata_done}', 10, '90 s', NULL)
    $call$ INTO report;
    INSERT INTO taken VALUES (cycle, 'claim', report);
    COMMIT;
    SELECT jsonb_agg(jsonb_build_object('queue_id', queue_id, 'attempt', attempt, 'task_type', stage, 'flag', 'is_metadata_done')),
      array_agg(dataset_id)
    INTO ends, datasets FROM v2_queue_lease WHERE worker = 'bench';
    IF coalesce(cardinality(datasets), 0) <> 10 THEN
      RAISE EXCEPTION 'ten rows were to be claimed, and % are', coalesce(cardinality(datasets), 0);
    END IF;
    EXECUTE 'EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) SELECT * FROM v2_complete(''bench'', $1)' INTO report USING ends;
    INSERT INTO taken VALUES (cycle, 'complete', report);
    COMMIT;
    EXECUTE $call$
      EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON)
      INSERT INTO v2_queue (dataset_id, user_id, task_types)
      SELECT dataset, '00000000-0000-4000-8000-00000000be4c', '{metadata}' FROM unnest($1) dataset
    $call$ INTO report USING datasets;
    INSERT INTO taken VALUES (cycle, 'insert', report);
    COMMIT;
  END LOOP;
END $$;
CALL pg_temp.cycles(:cycles);
WITH figures AS (
  SELECT call, (plan -> 0 ->> 'Execution Time')::float AS ms,
    (plan -> 0 -> 'Plan' ->> 'Shared Hit Blocks')::float + (plan -> 0 -> 'Plan' ->> 'Shared Read Blocks')::float AS buffers
  FROM taken WHERE cycle > :cycles / 5
), medians AS (
  SELECT call, percentile_cont(0.5) WITHIN GROUP (ORDER BY ms) AS ms, percentile_cont(0.5) WITHIN GROUP (ORDER BY buffers) AS buffers
  FROM figures GROUP BY call)
SELECT string_agg(round(ms::numeric, 2) || E'\t' || buffers, E'\t' ORDER BY call = 'insert', call = 'complete')
  || E'\t' || round((SELECT max(ms) FROM (SELECT (plan -> 0 ->> 'Execution Time')::float AS ms FROM taken WHERE call = 'claim') AS claims)::numeric, 2)
FROM medians;
