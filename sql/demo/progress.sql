-- What a progress bar shows: stage, percent, note. Variables: queue_id.
SELECT stage, round((progress * 100)::numeric), note FROM v2_queue_lease WHERE queue_id = :queue_id AND stage IS NOT NULL;
