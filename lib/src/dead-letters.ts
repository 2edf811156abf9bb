import type { EventEnvelope } from './events.ts';
import type { SqlClient } from './sql-client.ts';

export interface DeadLetter {
  readonly consumer: string;
  readonly eventId: string;
  readonly aggregateId: string;
  readonly version: number;
  readonly envelope: EventEnvelope;
  /** What the handler said the last time. */
  readonly error: string;
  readonly tries: number;
  readonly deadAt: Date;
  /** When it is tried again by itself; null: it waits for `retryDeadLetters`. */
  readonly retryAt: Date | null;
}

interface Row {
  consumer: string;
  event_id: string;
  aggregate_id: string;
  version: number;
  envelope: EventEnvelope;
  error: string;
  tries: number;
  dead_at: Date;
  retry_at: Date | null;
}

/** Every event whose handler failed and that has not been applied since, oldest first. */
export async function listDeadLetters(client: SqlClient): Promise<DeadLetter[]> {
  const rows = await client.$queryRawUnsafe<Row[]>(
    `SELECT consumer, event_id::text AS event_id, aggregate_id, version, envelope, error, tries, dead_at, retry_at
     FROM dead_letter ORDER BY dead_at, aggregate_id, version`,
  );
  return rows.map((row) => ({
    consumer: row.consumer,
    eventId: row.event_id,
    aggregateId: row.aggregate_id,
    version: row.version,
    envelope: row.envelope,
    error: row.error,
    tries: row.tries,
    deadAt: row.dead_at,
    retryAt: row.retry_at,
  }));
}

/**
 * Marks dead letters to be tried once more by the running consumer, which looks every second; what is parked behind them
 * follows by itself.
 *
 * @returns how many were marked
 */
export async function retryDeadLetters(client: SqlClient, eventIds: readonly string[] | 'all'): Promise<number> {
  return eventIds === 'all'
    ? client.$executeRawUnsafe('UPDATE dead_letter SET retry_at = now()')
    : client.$executeRawUnsafe(
        `UPDATE dead_letter SET retry_at = now()
         WHERE event_id IN (SELECT jsonb_array_elements_text($1::jsonb)::uuid)`,
        JSON.stringify(eventIds),
      );
}
