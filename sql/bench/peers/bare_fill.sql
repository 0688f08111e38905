INSERT INTO bare (priority) SELECT 0 FROM generate_series(1, :rows);
VACUUM ANALYZE bare;
