-- How busy the GPU slot was: runs, seconds from the first start to the last end, of which somebody held it, percent;
-- and seconds of a row's own work outside of it, fetching to thumbnail, without waiting. Times of v2_odm_runs.
WITH slots AS (
  SELECT count(*) AS runs, extract(epoch FROM max(ended_at) - min(planned_at)) AS span,
    extract(epoch FROM sum(ended_at - planned_at)) AS held
  FROM v2_odm_runs),
outside AS (
  SELECT extract(epoch FROM sum(r.finished_at - r.started_at)) AS seconds FROM v2_task_runs r)
SELECT runs, round(span, 1) AS span, round(held, 1) AS held, round(100 * held / span, 1) AS percent,
  round((seconds - held) / runs, 2) AS outside
FROM slots, outside;
