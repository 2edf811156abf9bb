import type { EventEnvelope } from './events.ts';
import type { SqlClient } from './sql-client.ts';

/*
 * The SQL of the version gate. Rows go in and out as one JSON text, which every driver passes the same way; one statement
 * serves a whole batch.
 */

/** The epoch of this database, part of the names of its durable consumers. */
export async function readEpoch(tx: SqlClient): Promise<string> {
  const [row] = await tx.$queryRawUnsafe<{ epoch: string }[]>('SELECT epoch FROM messaging_epoch');
  if (!row) throw new Error('messaging_epoch is empty: has the database been migrated?');
  return row.epoch;
}

/**
 * Locks the gate of each aggregate until the transaction ends, making it where it is missing, always in the order of ids so
 * that two replicas cannot wait for each other here.
 *
 * @returns the last version applied per aggregate, 0 for none
 */
export async function lockGates(
  tx: SqlClient,
  consumer: string,
  aggregateIds: Iterable<string>,
): Promise<Map<string, number>> {
  const rows = await tx.$queryRawUnsafe<{ aggregate_id: string; version: number }[]>(
    // The update changes nothing: it is how one statement both makes a row and locks the one that is there.
    `INSERT INTO inbox (consumer, aggregate_id, version)
     SELECT $1, id, 0 FROM jsonb_array_elements_text($2::jsonb) AS id ORDER BY id
     ON CONFLICT (consumer, aggregate_id) DO UPDATE SET version = inbox.version
     RETURNING aggregate_id, version`,
    consumer,
    JSON.stringify([...new Set(aggregateIds)]),
  );
  return new Map(rows.map((row) => [row.aggregate_id, row.version]));
}

/** The parked events of these aggregates. Call it after `lockGates`, or a replica may park one unseen. */
export async function loadParked(
  tx: SqlClient,
  consumer: string,
  aggregateIds: Iterable<string>,
): Promise<EventEnvelope[]> {
  const rows = await tx.$queryRawUnsafe<{ envelope: EventEnvelope }[]>(
    `SELECT envelope FROM parked_event
     WHERE consumer = $1 AND aggregate_id IN (SELECT jsonb_array_elements_text($2::jsonb))`,
    consumer,
    JSON.stringify([...aggregateIds]),
  );
  return rows.map((row) => row.envelope);
}

/** Aggregates whose next event lies parked: a process ended between applying an event and its successors. */
export async function findStranded(tx: SqlClient, consumer: string): Promise<string[]> {
  const rows = await tx.$queryRawUnsafe<{ aggregate_id: string }[]>(
    `SELECT DISTINCT parked_event.aggregate_id FROM parked_event JOIN inbox USING (consumer, aggregate_id)
     WHERE consumer = $1 AND parked_event.version <= inbox.version + 1 LIMIT 100`,
    consumer,
  );
  return rows.map((row) => row.aggregate_id);
}

/** Stores what a batch did: gates moved up, early events parked, and whatever is applied now no longer parked or dead. */
export async function storeGates(
  tx: SqlClient,
  consumer: string,
  { applied, early }: { applied: readonly EventEnvelope[]; early: readonly EventEnvelope[] },
): Promise<void> {
  if (applied.length > 0) {
    const rows = applied.map((event) => ({
      aggregate_id: event.aggregateId,
      version: event.aggregateVersion,
      event_id: event.id,
    }));
    await tx.$executeRawUnsafe(
      `WITH applied AS (SELECT * FROM jsonb_to_recordset($2::jsonb) AS a (aggregate_id text, version int, event_id uuid)),
       unparked AS (DELETE FROM parked_event USING applied WHERE parked_event.consumer = $1
         AND parked_event.aggregate_id = applied.aggregate_id AND parked_event.version = applied.version),
       revived AS (DELETE FROM dead_letter USING applied
         WHERE dead_letter.consumer = $1 AND dead_letter.event_id = applied.event_id)
       UPDATE inbox SET version = last.version, event_id = last.event_id, updated_at = now()
       FROM (SELECT DISTINCT ON (aggregate_id) * FROM applied ORDER BY aggregate_id, version DESC) AS last
       WHERE inbox.consumer = $1 AND inbox.aggregate_id = last.aggregate_id`,
      consumer,
      JSON.stringify(rows),
    );
  }
  if (early.length > 0) {
    await tx.$executeRawUnsafe(
      `INSERT INTO parked_event (consumer, aggregate_id, version, envelope)
       SELECT $1, e->>'aggregateId', (e->>'aggregateVersion')::int, e FROM jsonb_array_elements($2::jsonb) AS e
       ON CONFLICT DO NOTHING`,
      consumer,
      JSON.stringify(early),
    );
  }
}

/** Forgets parked events that the gate has passed in the meantime. */
export async function dropPassed(tx: SqlClient, consumer: string, aggregateId: string): Promise<void> {
  await tx.$executeRawUnsafe(
    `DELETE FROM parked_event USING inbox WHERE parked_event.consumer = $1 AND parked_event.aggregate_id = $2
     AND inbox.consumer = $1 AND inbox.aggregate_id = $2 AND parked_event.version <= inbox.version`,
    consumer,
    aggregateId,
  );
}
