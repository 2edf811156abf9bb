-- The accounting service: the café's clock, the ledger, the day sums, what was ordered, transfers to headquarters.
-- Money is whole won in BIGINT; a business day is yyyymmdd as the café's clock had it when the event happened.

CREATE TABLE cafe (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  time_zone TEXT NOT NULL,
  day_cutoff_hour INT NOT NULL CHECK (day_cutoff_hour BETWEEN 0 AND 23),
  version INT NOT NULL,
  updated_at TIMESTAMPTZ(3) NOT NULL
);

CREATE TABLE ledger_entry (
  event_id UUID PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('SALE', 'CORRECTION')),
  order_id TEXT NOT NULL,
  customer_id TEXT NOT NULL,
  cafe_id TEXT NOT NULL,
  business_date TEXT NOT NULL CHECK (business_date ~ '^[0-9]{8}$'),
  amount BIGINT NOT NULL,
  qty INT NOT NULL,
  order_count INT NOT NULL,
  occurred_at TIMESTAMPTZ(3) NOT NULL,
  CHECK ((kind = 'SALE' AND amount >= 0 AND order_count = 1) OR (kind = 'CORRECTION' AND amount <= 0 AND order_count = -1))
);
CREATE UNIQUE INDEX ledger_entry_order_id_kind_key ON ledger_entry (order_id, kind);
CREATE INDEX ledger_entry_cafe_id_business_date_idx ON ledger_entry (cafe_id, business_date);

CREATE TABLE accounting (
  cafe_id TEXT NOT NULL,
  business_date TEXT NOT NULL CHECK (business_date ~ '^[0-9]{8}$'),
  sales_sum BIGINT NOT NULL,
  canceled_sum BIGINT NOT NULL,
  sales_qty INT NOT NULL,
  order_count INT NOT NULL,
  revision INT NOT NULL CHECK (revision > 0),
  as_of TIMESTAMPTZ(3) NOT NULL,
  updated_at TIMESTAMPTZ(3) NOT NULL,
  PRIMARY KEY (cafe_id, business_date)
);

CREATE TABLE ordered_day (
  cafe_id TEXT NOT NULL,
  business_date TEXT NOT NULL CHECK (business_date ~ '^[0-9]{8}$'),
  ordered_sum BIGINT NOT NULL,
  as_of TIMESTAMPTZ(3) NOT NULL,
  PRIMARY KEY (cafe_id, business_date)
);

-- The statistics view, per day. UNION ALL and not a full join: conditions on café and day reach both tables' keys.
CREATE VIEW accounting_statistics AS
SELECT cafe_id, business_date,
  sum(ordered_sum)::BIGINT AS ordered_sum, sum(sales_sum)::BIGINT AS sales_sum, sum(canceled_sum)::BIGINT AS canceled_sum,
  sum(sales_qty)::BIGINT AS sales_qty, sum(order_count)::BIGINT AS order_count, max(as_of) AS as_of
FROM (
  SELECT cafe_id, business_date, 0 AS ordered_sum, sales_sum, canceled_sum, sales_qty, order_count, as_of FROM accounting
  UNION ALL
  SELECT cafe_id, business_date, ordered_sum, 0, 0, 0, 0, as_of FROM ordered_day
) AS parts
GROUP BY cafe_id, business_date;

CREATE TABLE headquarters_transfer (
  cafe_id TEXT NOT NULL,
  business_date TEXT NOT NULL,
  revision INT NOT NULL,
  position BIGSERIAL NOT NULL,
  sales_sum BIGINT NOT NULL,
  sales_qty INT NOT NULL,
  order_count INT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('PENDING', 'ACKNOWLEDGED', 'REJECTED', 'SUPERSEDED')),
  attempts INT NOT NULL DEFAULT 0,
  last_error TEXT,
  next_attempt_at TIMESTAMPTZ(3) NOT NULL,
  -- Who is sending it right now, and until when that is believed: a holder that dies loses it by time.
  lease_token UUID,
  lease_until TIMESTAMPTZ(3),
  updated_at TIMESTAMPTZ(3) NOT NULL,
  PRIMARY KEY (cafe_id, business_date, revision)
);
CREATE UNIQUE INDEX headquarters_transfer_position_key ON headquarters_transfer (position);
CREATE INDEX headquarters_transfer_cafe_id_position_idx ON headquarters_transfer (cafe_id, position);
CREATE INDEX headquarters_transfer_pending ON headquarters_transfer (next_attempt_at) WHERE status = 'PENDING';

CREATE TABLE idempotency_key (
  caller TEXT NOT NULL,
  key TEXT NOT NULL,
  transfer_id TEXT NOT NULL,
  created_at TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (caller, key)
);

-- The tables of the messaging, the same in every service's database. A service's first migration contains this text as it
-- stands; the SQL that touches these tables is the library's alone, except that a command calls outbox_append().

-- Every event this service ever said, in the order it was said. Rows stay: a lost stream is rebuilt from them.
CREATE TABLE outbox (
  position BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  event_id UUID NOT NULL,
  subject TEXT NOT NULL,
  aggregate_id TEXT NOT NULL,
  aggregate_version INT NOT NULL,
  envelope JSONB NOT NULL,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  UNIQUE (aggregate_id, aggregate_version)
);

-- Which of them are still to be published, and where the broker put those that are. Not columns of the outbox: marking one would
-- write the whole event, and an entry in each index, a second time.
CREATE TABLE outbox_unpublished (
  position BIGINT PRIMARY KEY
);
CREATE TABLE outbox_published (
  position BIGINT PRIMARY KEY,
  stream TEXT NOT NULL,
  stream_sequence BIGINT NOT NULL,
  published_at TIMESTAMPTZ NOT NULL DEFAULT now()
);

-- The version gate: the last version that was applied, per consumer and aggregate.
CREATE TABLE inbox (
  consumer TEXT NOT NULL,
  aggregate_id TEXT NOT NULL,
  version INT NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  PRIMARY KEY (consumer, aggregate_id)
) WITH (fillfactor = 75);

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
  WITH appended AS (
    INSERT INTO outbox (event_id, subject, aggregate_id, aggregate_version, envelope)
      SELECT (e.item->'envelope'->>'id')::uuid, e.item->>'subject', e.item->'envelope'->>'aggregateId',
             (e.item->'envelope'->>'aggregateVersion')::int, e.item->'envelope'
      FROM jsonb_array_elements(events) WITH ORDINALITY AS e(item, place)
      ORDER BY e.place
      RETURNING position
  )
  INSERT INTO outbox_unpublished (position) SELECT appended.position FROM appended;
  GET DIAGNOSTICS added = ROW_COUNT;
  RETURN added;
END
$$;

-- Locks the gates of these aggregates, in the order of their ids, until the transaction ends, and says of each what was applied
-- last; with a null for each that has parked events. These are looked for when the locks are held: a statement of its own
-- sees what the holder before us parked. A missing gate cannot be locked: inbox_store() finds out whether another made it.
-- Plans are kept, and one that was made while the table was small would read all of it later; hence the settings.
CREATE FUNCTION inbox_lock(reader TEXT, ids TEXT[]) RETURNS TABLE (id TEXT, last INT) LANGUAGE plpgsql VOLATILE
  SET enable_seqscan = off AS $$
BEGIN
  RETURN QUERY SELECT aggregate_id, version FROM inbox
    WHERE consumer = reader AND aggregate_id = ANY (ids) ORDER BY aggregate_id FOR UPDATE;
  RETURN QUERY SELECT DISTINCT aggregate_id, NULL::int FROM parked_event WHERE consumer = reader AND aggregate_id = ANY (ids);
END
$$;

-- Makes the gates that were missing and moves up those that are locked; the events are neither dead nor, where `parked` names
-- their aggregate, parked any more. Says false when another transaction has made one of the missing gates: then roll back.
CREATE FUNCTION inbox_store(reader TEXT, missing TEXT[], missing_versions INT[], locked TEXT[], locked_versions INT[],
  events UUID[], parked TEXT[]) RETURNS BOOLEAN LANGUAGE plpgsql VOLATILE
  SET enable_seqscan = off AS $$
DECLARE
  made INT;
BEGIN
  IF cardinality(missing) > 0 THEN
    INSERT INTO inbox (consumer, aggregate_id, version)
      SELECT reader, gate.id, gate.last FROM unnest(missing, missing_versions) AS gate (id, last) ORDER BY gate.id
      ON CONFLICT (consumer, aggregate_id) DO NOTHING;
    GET DIAGNOSTICS made = ROW_COUNT;
    IF made < cardinality(missing) THEN
      RETURN FALSE;
    END IF;
  END IF;
  IF cardinality(locked) > 0 THEN
    -- Named twice: joined alone, the gates would be looked for among all of this reader's.
    UPDATE inbox SET version = gate.last, updated_at = now() FROM unnest(locked, locked_versions) AS gate (id, last)
      WHERE inbox.consumer = reader AND inbox.aggregate_id = ANY (locked) AND inbox.aggregate_id = gate.id;
  END IF;
  IF cardinality(events) > 0 THEN
    DELETE FROM dead_letter WHERE consumer = reader AND event_id = ANY (events);
  END IF;
  IF cardinality(parked) > 0 THEN
    DELETE FROM parked_event USING inbox WHERE parked_event.consumer = reader AND parked_event.aggregate_id = ANY (parked)
      AND inbox.consumer = reader AND inbox.aggregate_id = parked_event.aggregate_id AND parked_event.version <= inbox.version;
  END IF;
  RETURN TRUE;
END
$$;
