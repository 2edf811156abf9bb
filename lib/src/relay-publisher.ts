import { Events, headers } from 'nats';
import type { JetStreamPublishOptions, NatsConnection } from 'nats';
import type pg from 'pg';
import type { Logger } from 'pino';
import { retryDelay } from './bell.ts';
import type { EventEnvelope } from './events.ts';
import { createLinger } from './linger.ts';
import { ensureStream } from './streams.ts';
import type { Nats, StreamSpec } from './streams.ts';
import type { Span, Tracer } from './telemetry.ts';

interface Row {
  readonly position: string;
  readonly event_id: string;
  readonly subject: string;
  readonly aggregate_id: string;
  readonly envelope: string;
}

interface Sent {
  readonly position: string;
  readonly stream: string;
  readonly sequence: number;
}

/** How long an acknowledgment of the broker may take, in milliseconds. */
const ACK_WITHIN_MS = 5_000;
/** The rest after a batch under load, in milliseconds. */
const LINGER_MS = 5;
const utf8 = new TextEncoder();

export interface Publisher {
  /** Publishes until nothing is left that can be. Returns in how many milliseconds to try again at the latest. */
  publishAll(client: pg.Client): Promise<number>;
  stop(): void;
}

/** The relay's half that speaks to the broker. */
export function createPublisher({
  nats,
  log,
  inFlight,
  onConnected,
  stream,
  tracer,
}: {
  nats: Nats;
  log: Logger;
  inFlight: number;
  onConnected: () => void;
  stream?: StreamSpec;
  tracer?: Tracer | undefined;
}): Publisher {
  let connection: NatsConnection | undefined;
  let connected = false;
  let streamReady = stream === undefined;
  let failures = 0;
  /** Aggregates whose event was refused while others went through: they wait alone, nobody waits behind them. */
  const held = new Map<string, { attempt: number; until: number }>();
  const stopped = new AbortController();
  const linger = createLinger({ ms: LINGER_MS });

  void Promise.resolve(nats).then(watchConnection, (error: unknown) => {
    log.error({ err: error }, 'the relay has no broker: events stay in the outbox');
  });

  async function watchConnection(nc: NatsConnection): Promise<void> {
    connection = nc;
    connected = !nc.isClosed();
    onConnected();
    for await (const { type } of nc.status()) {
      if (stopped.signal.aborted) return;
      if (type === Events.Disconnect) connected = false;
      if (type === Events.Reconnect) {
        connected = true;
        // The broker may have come back without its disk.
        streamReady = stream === undefined;
        onConnected();
      }
    }
    connected = false;
  }

  async function publishAll(client: pg.Client): Promise<number> {
    for (;;) {
      if (!connection || !connected) return Number.POSITIVE_INFINITY;
      await linger.wait(stopped.signal);
      try {
        // Also before there is anything to publish: who follows the stream has a place in it only once it is there.
        await makeStream(connection);
      } catch (error) {
        return backOff(new Map([['', error]]));
      }
      const now = Date.now();
      const waiting = [...held].filter(([, { until }]) => until > now).map(([aggregateId]) => aggregateId);
      const rows = await selectUnpublished(client, waiting, inFlight);
      if (rows.length === 0) return nextTry(now);
      const { sent, failed } = await publish(connection, rows);
      if (sent.length > 0) await markPublished(client, sent);
      if (sent.length === 0) return backOff(failed);
      if (failures > 0) log.info('events are published again');
      failures = 0;
      for (const row of rows) if (!failed.has(row.aggregate_id)) held.delete(row.aggregate_id);
      for (const [aggregateId, error] of failed) hold(aggregateId, error);
      linger.done(sent.length);
      // Whoever adds more says so; a last look that finds nothing would be a statement for each batch.
      if (rows.length < inFlight) return nextTry(now);
    }
  }

  async function makeStream(nc: NatsConnection): Promise<void> {
    if (!stream || streamReady) return;
    await ensureStream(nc, stream, {
      signal: AbortSignal.any([stopped.signal, AbortSignal.timeout(ACK_WITHIN_MS)]),
    });
    streamReady = true;
  }

  /** Nothing at all went through: the broker is in trouble, so everything waits. */
  function backOff(failed: ReadonlyMap<string, unknown>): number {
    const [error] = failed.values();
    if (failures === 0) log.warn({ err: error }, 'events cannot be published, they wait in the outbox');
    streamReady = stream === undefined;
    return retryDelay(failures++, 100, 5_000);
  }

  function hold(aggregateId: string, error: unknown): void {
    const attempt = (held.get(aggregateId)?.attempt ?? -1) + 1;
    if (attempt === 0) log.warn({ err: error, aggregateId }, 'an event cannot be published, its aggregate waits');
    held.set(aggregateId, { attempt, until: Date.now() + retryDelay(attempt, 100, 30_000) });
  }

  function nextTry(now: number): number {
    return Math.min(...[...held.values()].map(({ until }) => Math.max(0, until - now)), Number.POSITIVE_INFINITY);
  }

  /**
   * Aggregates go side by side, the events of one after another: the next leaves when the one before is stored, or a refused
   * first and an accepted second would stand in the stream in the wrong order.
   */
  async function publish(
    nc: NatsConnection,
    rows: readonly Row[],
  ): Promise<{ sent: Sent[]; failed: Map<string, unknown> }> {
    const sent: Sent[] = [];
    const failed = new Map<string, unknown>();
    const js = nc.jetstream();
    const publishInOrder = async (own: readonly Row[]): Promise<void> => {
      for (const row of own) {
        const { position, event_id, subject, aggregate_id, envelope } = row;
        const span = tracer && sendingSpan(tracer, row);
        try {
          const options = { msgID: event_id, timeout: ACK_WITHIN_MS, ...(span && traced(span)) };
          const ack = await js.publish(subject, utf8.encode(envelope), options);
          sent.push({ position, stream: ack.stream, sequence: ack.seq });
          span?.end();
        } catch (error) {
          span?.end(error instanceof Error ? error.name : 'error');
          failed.set(aggregate_id, error);
          return;
        }
      }
    };
    await Promise.all(byAggregate(rows).map(publishInOrder));
    return { sent, failed };
  }

  return { publishAll, stop: () => stopped.abort() };
}

/** The text of the event stays what the outbox keeps, so the span's own context goes beside it. */
function traced(span: Span): Partial<JetStreamPublishOptions> {
  const head = headers();
  head.set('traceparent', span.traceparent);
  return { headers: head };
}

function sendingSpan(tracer: Tracer, { event_id, subject, envelope }: Row): Span {
  const { type, traceparent } = JSON.parse(envelope) as EventEnvelope;
  return tracer.start(`send ${type}`, 'producer', traceparent, {
    'messaging.system': 'nats',
    'messaging.operation.type': 'send',
    'messaging.destination.name': subject,
    'messaging.message.id': event_id,
  });
}

function byAggregate(rows: readonly Row[]): Row[][] {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const group = groups.get(row.aggregate_id);
    if (group) group.push(row);
    else groups.set(row.aggregate_id, [row]);
  }
  return [...groups.values()];
}

/** By what is unpublished, never by position above the last: a lower position may be committed later. */
async function selectUnpublished(client: pg.Client, except: readonly string[], limit: number): Promise<Row[]> {
  const { rows } = await client.query<Row>({
    name: 'outbox-unpublished',
    text: `SELECT position, event_id, subject, aggregate_id, envelope::text AS envelope
           FROM outbox_unpublished CROSS JOIN LATERAL (
             -- The OFFSET keeps it a look-up per row; joined freely, it is the outbox that may be walked from its beginning.
             SELECT event_id, subject, aggregate_id, envelope FROM outbox
             WHERE outbox.position = outbox_unpublished.position OFFSET 0
           ) AS event
           WHERE aggregate_id <> ALL ($1::text[]) ORDER BY position LIMIT $2`,
    values: [except, limit],
  });
  return rows;
}

async function markPublished(client: pg.Client, sent: readonly Sent[]): Promise<void> {
  await client.query({
    name: 'outbox-published',
    // Only what was still unpublished gets a place: two who published the same, which the lock prevents, agree on one.
    text: `WITH gone AS (DELETE FROM outbox_unpublished WHERE position = ANY ($1::bigint[]) RETURNING position)
           INSERT INTO outbox_published (position, stream, stream_sequence)
           SELECT position, sent.stream, sent.sequence
           FROM unnest($1::bigint[], $2::text[], $3::bigint[]) AS sent (position, stream, sequence) JOIN gone USING (position)
           ORDER BY position`,
    values: [sent.map((one) => one.position), sent.map((one) => one.stream), sent.map((one) => one.sequence)],
  });
}
