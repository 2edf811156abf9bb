import type { Consumer } from './consumer.ts';
import type { Feed } from './feed.ts';
import type { Metrics, Reading } from './metrics.ts';
import type { SqlClient } from './sql-client.ts';

/** What waits in a service's messaging; it is looked up when somebody asks, and left out while it can't be. */
export function showMessaging(
  metrics: Metrics,
  parts: {
    client: Pick<SqlClient, '$queryRawUnsafe'>;
    /** By the name of the stream that they read. */
    consumers: Readonly<Record<string, Pick<Consumer, 'pending'>>>;
    /** What live subscriptions follow. */
    feed: Pick<Feed, 'stream' | 'counts' | 'lag'>;
  },
): void {
  const { client, consumers } = parts;
  showFeed(metrics, parts.feed);
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

function showFeed(metrics: Metrics, { stream, counts, lag }: Pick<Feed, 'stream' | 'counts' | 'lag'>): void {
  const labels = ['stream'];
  metrics.gauge(
    'feed_lag_events',
    'Events at the broker that the live feed has not read yet.',
    labels,
    'max',
    async () => [[await lag(), stream]],
  );
  metrics.gauge('feed_ring_events', 'Events that the live feed keeps in memory.', labels, 'sum', () => [
    [counts.ringEvents, stream],
  ]);
  metrics.gauge('feed_ring_bytes', 'The length of their text.', labels, 'sum', () => [[counts.ringBytes, stream]]);
  metrics.gauge('feed_subscribers', 'Live subscriptions that follow the feed.', labels, 'sum', () => [
    [counts.subscribers, stream],
  ]);
  metrics.counted('feed_catch_up_reads_total', 'Reads of the database for subscribers behind the ring.', labels, () => [
    [counts.catchUpReads, stream],
  ]);
  metrics.counted(
    'feed_resumed_total',
    'Subscriptions that came back, or had to begin anew, by how they went on.',
    ['stream', 'outcome'],
    () => [
      [counts.resumed.exact, stream, 'exact'],
      [counts.resumed.snapshot, stream, 'snapshot'],
    ],
  );
}
