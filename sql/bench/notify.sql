-- The floor: a notification and nothing else.
SELECT pg_notify('bench', 'x')
