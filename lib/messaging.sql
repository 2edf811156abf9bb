-- The tables of the messaging, the same in every service's database. A service's first migration contains this text as it
-- stands; the SQL that touches these tables is the library's alone, except that a command calls outbox_append().

-- Every event this service ever said, in the order it was said. Rows stay: a lost stream is rebuilt from them.
CREATE TABLE outbox (
  position BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  event_id UUID NOT NULL UNIQUE,
  subject TEXT NOT NULL,
  aggregate_id TEXT NOT NULL,
  aggregate_version INT NOT NULL,
  envelope JSONB NOT NULL,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  stream TEXT,
  stream_sequence BIGINT,
  published_at TIMESTAMPTZ,
  UNIQUE (aggregate_id, aggregate_version)
);
CREATE INDEX outbox_unpublished ON outbox (position) WHERE published_at IS NULL;

-- The version gate: the last version that was applied, per consumer and aggregate.
CREATE TABLE inbox (
  consumer TEXT NOT NULL,
  aggregate_id TEXT NOT NULL,
  version INT NOT NULL,
  event_id UUID,
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  PRIMARY KEY (consumer, aggregate_id)
);

-- Events that came before their predecessor; they wait here.
CREATE TABLE parked_event (
  consumer TEXT NOT NULL,
  aggregate_id TEXT NOT NULL,
  version INT NOT NULL,
  envelope JSONB NOT NULL,
  parked_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  PRIMARY KEY (consumer, aggregate_id, version)
);

-- Events whose handler failed. With retry_at they are tried again then, without it they wait for someone to look.
CREATE TABLE dead_letter (
  consumer TEXT NOT NULL,
  event_id UUID NOT NULL,
  aggregate_id TEXT NOT NULL,
  version INT NOT NULL,
  envelope JSONB NOT NULL,
  error TEXT NOT NULL,
  tries INT NOT NULL,
  dead_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  retry_at TIMESTAMPTZ,
  PRIMARY KEY (consumer, event_id)
);

-- Names this database's life: a new, empty database gets another epoch, so other durable consumers, so a full replay.
CREATE TABLE messaging_epoch (
  "only" BOOLEAN PRIMARY KEY DEFAULT TRUE CHECK ("only"),
  epoch TEXT NOT NULL DEFAULT substr(md5(random()::text || clock_timestamp()::text), 1, 8)
);
INSERT INTO messaging_epoch DEFAULT VALUES;

-- Appends [{subject, envelope}, …] and says how many. `WITH changed AS (UPDATE …) SELECT outbox_append($1) FROM changed`
-- appends only when a row was changed.
-- PL/pgSQL keeps the plan of its INSERT; PostgreSQL plans the body of an SQL function at every call, and two calls per order
-- were as much work as all the rest of their statements.
CREATE FUNCTION outbox_append(events JSONB) RETURNS BIGINT LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  added BIGINT;
BEGIN
  INSERT INTO outbox (event_id, subject, aggregate_id, aggregate_version, envelope)
    SELECT (e.item->'envelope'->>'id')::uuid, e.item->>'subject', e.item->'envelope'->>'aggregateId',
           (e.item->'envelope'->>'aggregateVersion')::int, e.item->'envelope'
    FROM jsonb_array_elements(events) WITH ORDINALITY AS e(item, place)
    ORDER BY e.place;
  GET DIAGNOSTICS added = ROW_COUNT;
  RETURN added;
END
$$;
