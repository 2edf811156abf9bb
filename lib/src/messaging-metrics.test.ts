import { showMessaging } from './messaging-metrics.ts';
import { createMetrics } from './metrics.ts';
import { outboxJson } from './outbox.ts';
import { createTestDatabase, type TestDatabase } from './testing/database.ts';
import { testEvent } from './testing/events.ts';
import { startSmallSubgraph } from './testing/small-subgraph.ts';

let db: TestDatabase;
beforeEach(async () => {
  db = await createTestDatabase();
});
afterEach(() => db.drop());

describe('the metrics of a service', () => {
  it('tell what waits in the outbox, for consumers, and for somebody to look at', async () => {
    const metrics = createMetrics();
    const consumers = { ORDERS: { pending: () => Promise.resolve(7) } };
    const counts = {
      subscribers: 4,
      ringEvents: 5,
      ringBytes: 600,
      catchUpReads: 8,
      resumed: { exact: 9, snapshot: 1 },
    };
    const feed = { stream: 'ORDERS', counts, lag: () => Promise.resolve(3) };
    showMessaging(metrics, { client: db.client, consumers, feed });
    expect(await metrics.registry.metrics()).toContain('\noutbox_lag_seconds 0\n');
    await db.query('SELECT outbox_append($1::jsonb)', [
      outboxJson([testEvent('a', 1), testEvent('a', 2)], () => 'x.y'),
    ]);
    await db.query(`UPDATE outbox SET created_at = now() - interval '1 hour'`);
    await db.query(
      `INSERT INTO dead_letter (consumer, event_id, aggregate_id, version, envelope, error, tries)
       SELECT 'shop-ORDERS', event_id, aggregate_id, aggregate_version, envelope, 'no', 5 FROM outbox LIMIT 1`,
    );
    const text = await metrics.registry.metrics();
    expect(text).toContain('\noutbox_unpublished_events 2\n');
    expect(Number(/^outbox_lag_seconds (.*)$/m.exec(text)?.[1])).toBeGreaterThanOrEqual(3600);
    expect(text).toContain('\nconsumer_pending_events{stream="ORDERS"} 7\n');
    expect(text).toContain('\ndead_letters{consumer="shop-ORDERS"} 1\n');
    expect(text).toContain('\nfeed_lag_events{stream="ORDERS"} 3\n');
    expect(text).toContain('\nfeed_ring_events{stream="ORDERS"} 5\n');
    expect(text).toContain('\nfeed_ring_bytes{stream="ORDERS"} 600\n');
    expect(text).toContain('\nfeed_subscribers{stream="ORDERS"} 4\n');
    expect(text).toContain('\nfeed_catch_up_reads_total{stream="ORDERS"} 8\n');
    expect(text).toContain('\nfeed_resumed_total{stream="ORDERS",outcome="exact"} 9\n');
  });

  it('tell how long operations took, by the status of their answers', async () => {
    const metrics = createMetrics();
    const subgraph = await startSmallSubgraph({ metrics });
    await subgraph.send('{ add(a: 1, b: 2) }');
    await subgraph.send('{ nothing }');
    await subgraph.drain();
    const text = await metrics.registry.metrics();
    for (const status of [200, 400]) {
      expect(text).toContain(`\nsubgraph_request_duration_seconds_count{status="${status}"} 1\n`);
    }
  });
});
