import type { Consumer } from './consumer.ts';
import type { Metrics, Reading } from './metrics.ts';
import type { SqlClient } from './sql-client.ts';

/** What waits in a service's messaging; it is looked up when somebody asks, and left out while it can't be. */
export function showMessaging(
  metrics: Metrics,
  parts: {
    client: Pick<SqlClient, '$queryRawUnsafe'>;
    /** By the name of the stream that they read. */
    consumers: Readonly<Record<string, Pick<Consumer, 'pending'>>>;
  },
): void {
  const { client, consumers } = parts;
  metrics.gauge('outbox_unpublished_events', 'Events that the broker does not have yet.', [], 'max', async () => {
    const rows = await client.$queryRawUnsafe<{ count: number }[]>(
      'SELECT count(*)::int AS count FROM outbox_unpublished',
    );
    return rows.map(({ count }): Reading => [count]);
  });
  metrics.gauge('outbox_lag_seconds', 'The age of the oldest event that the broker lacks.', [], 'max', async () => {
    const rows = await client.$queryRawUnsafe<{ lag: number }[]>(
      `SELECT coalesce(extract(epoch FROM clock_timestamp() - (
         SELECT created_at FROM outbox WHERE position = (SELECT min(position) FROM outbox_unpublished)
       )), 0)::float8 AS lag`,
    );
    return rows.map(({ lag }): Reading => [lag]);
  });
  metrics.gauge('consumer_pending_events', 'Events that wait to be applied.', ['stream'], 'max', () =>
    Promise.all(Object.entries(consumers).map(async ([name, one]): Promise<Reading> => [await one.pending(), name])),
  );
  metrics.gauge('dead_letters', 'Events that could not be applied.', ['consumer'], 'max', async () => {
    const rows = await client.$queryRawUnsafe<{ consumer: string; count: number }[]>(
      'SELECT consumer, count(*)::int AS count FROM dead_letter GROUP BY consumer',
    );
    return rows.map(({ consumer, count }): Reading => [count, consumer]);
  });
}
