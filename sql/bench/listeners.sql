-- Workers that have their connection for notifications.
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE '% listener';
