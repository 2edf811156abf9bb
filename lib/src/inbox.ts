import type { EventEnvelope } from './events.ts';
import type { SqlClient } from './sql-client.ts';

/*
 * The SQL of the version gate. One statement serves a whole batch, whatever its size; arrays go in as arrays, which keeps every
 * plan a walk along an index. What is more than one statement is a function in the database (messaging.sql), planned once.
 */

/** The gates of a batch: the last version applied of each aggregate that the batch speaks of. */
export interface Gates {
  /** 0 for an aggregate that has no gate yet. */
  readonly last: ReadonlyMap<string, number>;
  /** Aggregates whose gate is there, and locked until the transaction ends. */
  readonly locked: ReadonlySet<string>;
  /** Aggregates that have parked events. */
  readonly parked: ReadonlySet<string>;
}

/**
 * Another transaction made a gate that was missing when this one looked. To be rolled back and begun again: now the gate is
 * there and can be locked. Carries the code of a serialization failure, for that is what it is.
 */
export class GateTakenError extends Error {
  override readonly name = 'GateTakenError';
  readonly code = '40001';
}

/** The epoch of this database, part of the names of its durable consumers. */
export async function readEpoch(tx: SqlClient): Promise<string> {
  const [row] = await tx.$queryRawUnsafe<{ epoch: string }[]>('SELECT epoch FROM messaging_epoch');
  if (!row) throw new Error('messaging_epoch is empty: has the database been migrated?');
  return row.epoch;
}

/**
 * Reads the gate of each aggregate and locks those that are there, always in the order of ids so that two replicas cannot wait
 * for each other here. A missing one is made by `storeGates`, which finds out if it is still missing then.
 */
export async function lockGates(tx: SqlClient, consumer: string, aggregateIds: Iterable<string>): Promise<Gates> {
  const ids = [...new Set(aggregateIds)];
  const rows = await tx.$queryRawUnsafe<{ id: string; last: number | null }[]>(
    '/* inbox_lock */ SELECT id, last FROM inbox_lock($1, $2::text[])',
    consumer,
    ids,
  );
  const last = new Map(ids.map((id) => [id, 0]));
  const locked = new Set<string>();
  const parked = new Set<string>();
  for (const row of rows) {
    if (row.last === null) {
      parked.add(row.id);
    } else {
      last.set(row.id, row.last);
      locked.add(row.id);
    }
  }
  return { last, locked, parked };
}

/** The parked events of these aggregates. */
export async function loadParked(
  tx: SqlClient,
  consumer: string,
  aggregateIds: readonly string[],
): Promise<EventEnvelope[]> {
  if (aggregateIds.length === 0) return [];
  const rows = await tx.$queryRawUnsafe<{ envelope: EventEnvelope }[]>(
    'SELECT envelope FROM parked_event WHERE consumer = $1 AND aggregate_id = ANY ($2::text[])',
    consumer,
    aggregateIds,
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

/**
 * Stores what a batch did: gates made or moved up, early events parked, and whatever is applied now no longer parked or dead.
 *
 * @param gates as `lockGates` gave them in this transaction
 * @throws GateTakenError
 */
export async function storeGates(
  tx: SqlClient,
  consumer: string,
  gates: Gates,
  { applied, early }: { applied: readonly EventEnvelope[]; early: readonly EventEnvelope[] },
): Promise<void> {
  if (applied.length === 0 && early.length === 0) return;
  // Also a gate that stays at 0 is made: whoever applies the predecessor must meet those who parked.
  const missing = new Map<string, number>();
  for (const { aggregateId } of early) if (!gates.locked.has(aggregateId)) missing.set(aggregateId, 0);
  const moved = new Map<string, number>();
  for (const { aggregateId, aggregateVersion } of applied) {
    (gates.locked.has(aggregateId) ? moved : missing).set(aggregateId, aggregateVersion);
  }
  const passed = new Set(applied.map(({ aggregateId }) => aggregateId).filter((id) => gates.parked.has(id)));
  const [row] = await tx.$queryRawUnsafe<{ stored: boolean }[]>(
    `/* inbox_store */ SELECT inbox_store($1, $2::text[], $3::int[], $4::text[], $5::int[], $6::text[]::uuid[], $7::text[]) AS stored`,
    consumer,
    [...missing.keys()],
    [...missing.values()],
    [...moved.keys()],
    [...moved.values()],
    applied.map(({ id }) => id),
    [...passed],
  );
  if (row?.stored !== true) throw new GateTakenError('another replica came first to a new aggregate');
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
