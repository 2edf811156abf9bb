import type { EventEnvelope } from './events.ts';
import type { SqlClient } from './sql-client.ts';

/*
 * The SQL by which the consumer keeps dead letters. A row with retry_at is being tried again by the running consumer; tries
 * are counted here, so that replicas and restarts share the count.
 */

export interface DueLetter {
  readonly envelope: EventEnvelope;
  readonly tries: number;
}

/**
 * Counts a failed try of an event and says when the next one is.
 *
 * @param retryInMs null: no further try by itself
 * @returns the tries so far
 */
export async function countFailure(
  tx: SqlClient,
  consumer: string,
  { event, error, retryInMs }: { event: EventEnvelope; error: string; retryInMs: (tries: number) => number | null },
): Promise<number> {
  const [row] = await tx.$queryRawUnsafe<{ tries: number }[]>(
    `INSERT INTO dead_letter (consumer, event_id, aggregate_id, version, envelope, error, tries)
     VALUES ($1, $2::text::uuid, $3, $4::int, $5::jsonb, $6, 1)
     ON CONFLICT (consumer, event_id) DO UPDATE
       SET tries = dead_letter.tries + 1, error = excluded.error, dead_at = now(), retry_at = NULL
     RETURNING tries`,
    consumer,
    event.id,
    event.aggregateId,
    event.aggregateVersion,
    JSON.stringify(event),
    // PostgreSQL's text holds no NUL.
    error.replaceAll('\0', '\uFFFD'),
  );
  const tries = row?.tries ?? 1;
  const delay = retryInMs(tries);
  if (delay !== null) {
    await tx.$executeRawUnsafe(
      `UPDATE dead_letter SET retry_at = clock_timestamp() + $3::int * interval '1 millisecond'
       WHERE consumer = $1 AND event_id = $2::text::uuid`,
      consumer,
      event.id,
      delay,
    );
  }
  // It is kept here now; behind its own letter a parked copy would be tried a second time.
  await tx.$executeRawUnsafe(
    'DELETE FROM parked_event WHERE consumer = $1 AND aggregate_id = $2 AND version = $3::int',
    consumer,
    event.aggregateId,
    event.aggregateVersion,
  );
  return tries;
}

/** The next letter to be tried, locked until the transaction ends; one that another replica is trying is passed over. */
export async function takeDueLetter(tx: SqlClient, consumer: string): Promise<DueLetter | undefined> {
  const [row] = await tx.$queryRawUnsafe<DueLetter[]>(
    `SELECT envelope, tries FROM dead_letter WHERE consumer = $1 AND retry_at <= clock_timestamp()
     ORDER BY retry_at, aggregate_id, version LIMIT 1 FOR UPDATE SKIP LOCKED`,
    consumer,
  );
  return row;
}

/** In how many milliseconds the next letter is due; null when none waits. */
export async function nextDueInMs(tx: SqlClient, consumer: string): Promise<number | null> {
  const [row] = await tx.$queryRawUnsafe<{ ms: number | null }[]>(
    // Of nothing and 0, greatest() makes 0: "now", again and again, where no letter waits.
    `SELECT CASE WHEN min(retry_at) IS NOT NULL
       THEN greatest(0, extract(epoch FROM min(retry_at) - clock_timestamp()) * 1000)::float8 END AS ms
     FROM dead_letter WHERE consumer = $1 AND retry_at IS NOT NULL`,
    consumer,
  );
  return row?.ms ?? null;
}

/** Letters that are being tried again by themselves. */
export async function countRetrying(tx: SqlClient, consumer: string): Promise<number> {
  const [row] = await tx.$queryRawUnsafe<{ count: number }[]>(
    'SELECT count(*)::int AS count FROM dead_letter WHERE consumer = $1 AND retry_at IS NOT NULL',
    consumer,
  );
  return row?.count ?? 0;
}

export async function removeLetter(tx: SqlClient, consumer: string, eventId: string): Promise<void> {
  await tx.$executeRawUnsafe(
    'DELETE FROM dead_letter WHERE consumer = $1 AND event_id = $2::text::uuid',
    consumer,
    eventId,
  );
}
