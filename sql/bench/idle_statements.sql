-- What workers asked since the last reset; transactions and pings included.
SELECT format('| `%s` | %s |', left(regexp_replace(query, '\s+', ' ', 'g'), 60), calls) FROM pg_stat_statements
WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND toplevel AND query !~ 'pg_stat_'
ORDER BY calls DESC;
