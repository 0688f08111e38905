INSERT INTO pgqueuer (priority, status, entrypoint) VALUES (0, 'queued', 'bench')
