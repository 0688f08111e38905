-- A queue with the columns that every queue has, and no history: what PostgreSQL itself can do.
CREATE TABLE bare (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind         text NOT NULL DEFAULT 'bench',
  state        smallint NOT NULL DEFAULT 0,
  priority     smallint NOT NULL DEFAULT 0,
  run_at       timestamptz NOT NULL DEFAULT now(),
  attempt      integer NOT NULL DEFAULT 0,
  locked_by    text,
  locked_at    timestamptz,
  finished_at  timestamptz,
  created_at   timestamptz NOT NULL DEFAULT now(),
  payload      jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX bare_claim ON bare (priority, run_at, id) WHERE state = 0;
CREATE INDEX bare_running ON bare (locked_by) WHERE state = 1;
