-- Takes out all that waits, as an administrator may.
DELETE FROM v2_queue;
