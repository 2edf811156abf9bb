import { collectLog } from '@cafe-for-me/lib/testing/log-lines';
import { createDeliveriesFeed, createLiveDeliveries } from './live.ts';

describe('the live deliveries of a café', () => {
  const { log } = collectLog();
  const never = new Promise<never>(() => undefined);
  const client = { $queryRawUnsafe: () => never, $executeRawUnsafe: () => never };
  const reads = { unfinished: async () => [], between: async () => [] };

  it('end for a subscriber who leaves while nothing happens', async () => {
    const feed = createDeliveriesFeed({ nats: never, log, client });
    const changes = createLiveDeliveries({ feed, reads }).watch('92', undefined);
    const next = changes.next();
    // The snapshot is empty, so this waits for the first event.
    await new Promise(setImmediate);
    await changes.return?.();
    expect(await next).toEqual({ value: undefined, done: true });
  });

  it('end for everybody when the feed drains', async () => {
    const feed = createDeliveriesFeed({ nats: never, log, client });
    const changes = createLiveDeliveries({ feed, reads }).watch('92', undefined);
    const next = changes.next();
    await new Promise(setImmediate);
    await feed.drain();
    expect((await next).done).toBe(true);
  });
});
