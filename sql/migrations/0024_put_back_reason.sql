-- A row that was put back for no fault of its own, because storage or the database was away, says so while it waits.
CREATE OR REPLACE FUNCTION v2_why_backing_off(of_queue_id bigint, until timestamptz) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT coalesce(
    (SELECT format(CASE r.outcome WHEN 'released' THEN 'attempt %s was put back and does not count: "%s"; it is tried again at %s'
                                  ELSE 'attempt %s ended with "%s", and it is tried again at %s' END,
                   r.attempt, coalesce(r.error, r.outcome), v2_minute(until))
     FROM v2_task_runs r
     WHERE r.queue_id = of_queue_id
       AND (r.outcome IN ('failed', 'timed_out', 'lost') OR r.outcome = 'released' AND r.error IS NOT NULL)
     ORDER BY r.id DESC LIMIT 1),
    format('it is not to start before %s', v2_minute(until)))
$$;
