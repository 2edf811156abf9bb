/** More changes of an order than the life of one coffee brings: written as the customer service writes them. */
import pg from 'pg';
import type { Chance } from './chance.ts';
import { messageOf } from './follower.ts';

/** Row, history and event in one statement, as in the service's own; the status stays, the version grows. */
const CHANGE = `WITH
changed AS (
  UPDATE orders SET version = version + 1, updated_at = date_trunc('milliseconds', clock_timestamp())
  WHERE id = ANY ($1::uuid[]) AND version < $2
  RETURNING id, version, status, customer_id, cafe_id, updated_at AS at, replace($3, '#', version::text) AS message),
told AS (INSERT INTO order_history (order_id, version, status, message, at) SELECT id, version, status, message, at FROM changed),
appended AS (
  SELECT outbox_append(jsonb_agg(jsonb_build_object('subject', 'orders.' || cafe_id || '.OrderStatusChanged', 'envelope',
    jsonb_build_object('id', gen_random_uuid(), 'type', 'OrderStatusChanged', 'schemaVersion', 1, 'aggregateId', id,
      'aggregateVersion', version, 'cafeId', cafe_id,
      'occurredAt', to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
      'data', jsonb_build_object('customerId', customer_id, 'status', status, 'cause', 'OrderReceived', 'message', message)))))
  FROM changed),
woken AS (SELECT pg_notify('outbox', ''))
SELECT changed.id, changed.version FROM changed, appended, woken`;

export interface Changes {
  readonly databaseUrl: string;
  readonly orderIds: readonly string[];
  /** Every order is brought to this version. */
  readonly last: number;
  /** How many orders change in one statement. */
  readonly atOnce: number;
  readonly chance: Chance;
  /** What each change says beside its version; see `messageOf`. @default nothing */
  readonly more?: string;
  /** Waits until the next may be written. */
  readonly room: () => Promise<void>;
  /** Called after each commit that is known of, with the new versions. */
  readonly onWritten: (versions: ReadonlyMap<string, number>) => void;
}

/** Writes until each order has its last version; a database that is away is tried again until it is back. */
export async function writeChanges(changes: Changes): Promise<void> {
  const { databaseUrl, orderIds, last, atOnce, chance, more = '', room, onWritten } = changes;
  const message = `${messageOf('#')}${more}`;
  let open = [...orderIds];

  async function writeOver(client: pg.Client): Promise<void> {
    // After a lost connection nobody knows what was committed.
    const known = await versionsOf(client, orderIds);
    open = orderIds.filter((id) => (known.get(id) ?? 0) < last);
    onWritten(known);
    while (open.length > 0) {
      await room();
      const chosen = new Set<string>();
      while (chosen.size < Math.min(atOnce, open.length)) chosen.add(open[chance.below(open.length)]!);
      const { rows } = await client.query<{ id: string; version: number }>(CHANGE, [[...chosen], last, message]);
      for (const { id, version } of rows) if (version < last) chosen.delete(id);
      // What is left has its last version now, or had it before: the service writes too.
      open = open.filter((id) => !chosen.has(id));
      onWritten(new Map(rows.map(({ id, version }) => [id, version])));
    }
  }

  while (open.length > 0) {
    try {
      await withClient(databaseUrl, writeOver);
    } catch (error) {
      if (!isAway(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** The present version of each order. */
export async function readVersions(databaseUrl: string, orderIds: readonly string[]): Promise<Map<string, number>> {
  return withClient(databaseUrl, async (client) => versionsOf(client, orderIds));
}

async function versionsOf(client: pg.Client, orderIds: readonly string[]): Promise<Map<string, number>> {
  const { rows } = await client.query<{ id: string; version: number }>(
    'SELECT id, version FROM orders WHERE id = ANY ($1::uuid[])',
    [orderIds],
  );
  return new Map(rows.map(({ id, version }) => [id, version]));
}

async function withClient<Result>(url: string, use: (client: pg.Client) => Promise<Result>): Promise<Result> {
  // A killed server may leave a connection behind that never says a word again.
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000, query_timeout: 20_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await use(client);
  } finally {
    const ended = client.end().catch(() => undefined);
    await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 2_000).unref())]);
  }
}

/** A server that is down, coming up, or was killed under us; and the loser of a deadlock with the service. */
function isAway(error: unknown): boolean {
  const { code = '', message } = error as { code?: string; message: string };
  return (
    /^(E[A-Z]|57P|08|40)/.test(code) || /terminated unexpectedly|not queryable|timeout|Connection ended/i.test(message)
  );
}
