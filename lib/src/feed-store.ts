import { createBatcher } from './batcher.ts';
import type { EventEnvelope } from './events.ts';
import type { SqlClient } from './sql-client.ts';

/** An event of the outbox with its sequence in the stream. */
export interface StoredEvent {
  readonly sequence: number;
  readonly event: EventEnvelope;
}

/** A part of what a stream holds, read from the owner's database. */
export interface StoredEvents {
  /** By sequence. */
  readonly events: readonly StoredEvent[];
  /** Whether there may be more whose sequence is not noted yet, because they were published just now. */
  readonly mayLack: boolean;
}

/** Sequences above `after` up to `until`, of the stream that was made at `since`. */
export interface SequenceRange {
  readonly after: number;
  readonly until: number;
  readonly since: Date;
}

/** The stream's past, as far as the feed needs it; calls that come together are answered together. */
export interface FeedStore {
  ofAggregates(aggregateIds: readonly string[], range: SequenceRange): Promise<StoredEvents>;
  /** The events of all aggregates. */
  window(range: SequenceRange): Promise<StoredEvents>;
  /**
   * Where the broker put a version of an aggregate; 0 when that was in an earlier life of the stream, undefined when it is not
   * noted, or not yet.
   */
  sequenceOf(aggregateId: string, version: number, since: Date): Promise<number | undefined>;
}

/** Clocks of broker and database may differ by so many milliseconds. */
const CLOCK_MARGIN_MS = 60_000;

/** Sequences of a stream that was lost count as nothing: those noted before the present one was made. */
const OF_THIS_STREAM = `published.stream = $2 AND published.published_at >= asked.since`;

/** One short look per aggregate, along the outbox's unique index. */
const OF_AGGREGATES = `/* feed_of_aggregates */
  SELECT asked.place, place.sequence::float8 AS sequence,
    CASE WHEN place.sequence > asked.after AND place.sequence <= asked.until THEN event.envelope END AS envelope
  FROM jsonb_to_recordset($1::jsonb) AS asked (place int, id text, after bigint, until bigint, since timestamptz)
  CROSS JOIN LATERAL (
    SELECT position, envelope FROM outbox WHERE outbox.aggregate_id = asked.id OFFSET 0
  ) AS event
  LEFT JOIN LATERAL (
    SELECT stream_sequence AS sequence, ${OF_THIS_STREAM} AS is_here FROM outbox_published AS published
    WHERE published.position = event.position OFFSET 0
  ) AS place ON TRUE
  WHERE place.sequence IS NULL OR (place.is_here AND place.sequence > asked.after AND place.sequence <= asked.until)
  ORDER BY asked.place, place.sequence`;

/** A sequence that was given twice, by a stream and the one before it, is the later one's. */
const WINDOW = `/* feed_window */
  SELECT DISTINCT ON (published.stream_sequence) published.stream_sequence::float8 AS sequence, event.envelope
  FROM jsonb_to_recordset($1::jsonb) AS asked (after bigint, until bigint, since timestamptz)
  CROSS JOIN LATERAL (
    SELECT * FROM outbox_published AS published
    WHERE published.stream_sequence > asked.after AND published.stream_sequence <= asked.until AND ${OF_THIS_STREAM} OFFSET 0
  ) AS published
  CROSS JOIN LATERAL (SELECT envelope FROM outbox WHERE outbox.position = published.position OFFSET 0) AS event
  ORDER BY published.stream_sequence, published.published_at DESC`;

/** Only what waits to be published comes yet; what an earlier life of the stream had does not. */
const SEQUENCES = `/* feed_sequences */
  SELECT asked.place, CASE WHEN published.is_here THEN published.sequence ELSE 0 END::float8 AS sequence
  FROM jsonb_to_recordset($1::jsonb) AS asked (place int, id text, version int, since timestamptz)
  CROSS JOIN LATERAL (
    SELECT position FROM outbox WHERE outbox.aggregate_id = asked.id AND outbox.aggregate_version = asked.version OFFSET 0
  ) AS event
  CROSS JOIN LATERAL (
    SELECT stream_sequence AS sequence, ${OF_THIS_STREAM} AS is_here FROM outbox_published AS published
    WHERE published.position = event.position OFFSET 0
  ) AS published
  WHERE published.is_here OR NOT EXISTS (SELECT FROM outbox_unpublished AS waiting WHERE waiting.position = event.position)`;

/** @param stream the one that the database's service owns */
export function outboxFeedStore(client: Pick<SqlClient, '$queryRawUnsafe'>, stream: string): FeedStore {
  interface AskedEvents extends SequenceRange {
    readonly ids: readonly string[];
  }
  const ofAggregates = createBatcher({
    max: 256,
    concurrency: 2,
    async run(items: readonly AskedEvents[]): Promise<readonly StoredEvents[]> {
      const asked = items.flatMap(({ ids, after, until, since }, place) =>
        ids.map((id) => ({ place, id, after, until, since: marginOf(since) })),
      );
      type Row = { place: number; sequence: number | null; envelope: EventEnvelope | null };
      const rows = await client.$queryRawUnsafe<Row[]>(OF_AGGREGATES, JSON.stringify(asked), stream);
      const found = items.map(() => ({ events: [] as StoredEvent[], mayLack: false }));
      for (const { place, sequence, envelope } of rows) {
        const own = found[place]!;
        if (sequence === null || envelope === null) own.mayLack = true;
        else own.events.push({ sequence, event: envelope });
      }
      for (const { events } of found) events.sort((left, right) => left.sequence - right.sequence);
      return found;
    },
  });
  interface AskedVersion {
    readonly id: string;
    readonly version: number;
    readonly since: Date;
  }
  const sequenceOf = createBatcher({
    max: 1_000,
    concurrency: 2,
    async run(items: readonly AskedVersion[]) {
      const asked = items.map(({ id, version, since }, place) => ({ place, id, version, since: marginOf(since) }));
      type Row = { place: number; sequence: number };
      const rows = await client.$queryRawUnsafe<Row[]>(SEQUENCES, JSON.stringify(asked), stream);
      const found = new Map(rows.map(({ place, sequence }) => [place, sequence]));
      return items.map((_, place) => found.get(place));
    },
  });

  return {
    ofAggregates: async (ids, range) =>
      ids.length === 0 ? { events: [], mayLack: false } : ofAggregates({ ids, ...range }),
    async window({ after, until, since }) {
      const asked = JSON.stringify([{ after, until, since: marginOf(since) }]);
      const events = await client.$queryRawUnsafe<{ sequence: number; envelope: EventEnvelope }[]>(
        WINDOW,
        asked,
        stream,
      );
      return {
        events: events.map(({ sequence, envelope }) => ({ sequence, event: envelope })),
        mayLack: events.length < until - after,
      };
    },
    sequenceOf: (id, version, since) => sequenceOf({ id, version, since }),
  };
}

function marginOf(since: Date): string {
  return new Date(since.getTime() - CLOCK_MARGIN_MS).toISOString();
}
