import type { TestDatabase } from '@cafe-for-me/lib/testing/database';
import { until } from '@cafe-for-me/lib/testing/until';
import { later, openStore, orderAtCafe, startDatabase, type Store } from '../testing/delivery.ts';
import { createTimer } from './timers.ts';

/** Long enough that nothing here happens by the clock. */
const every = 3_600_000;

let database: TestDatabase;
let store: Store;
beforeAll(async () => {
  database = await startDatabase();
  store = openStore(database.url);
});
afterAll(async () => {
  await store.close();
  await database.drop();
});

describe('The timer', () => {
  it('ends what it can, rests when nothing could be ended, and ends the others once that is mended', async () => {
    const stuck = await orderAtCafe(store, { acceptBy: later(1) });
    const other = await orderAtCafe(store, { acceptBy: later(2) });
    store.clock.now = later(3);
    const { deliveries, due, log } = store.parts;
    let broken = true;
    let looks = 0;
    const parts = {
      ...store.parts,
      due: {
        ...due,
        unanswered(now: Date, limit: number) {
          looks += 1;
          return due.unanswered(now, limit);
        },
      },
      deliveries: {
        ...deliveries,
        save(transition: Parameters<typeof deliveries.save>[0]) {
          if (broken && transition.before.orderId === stuck) throw new Error('the row is out of order');
          return deliveries.save(transition);
        },
      },
    };
    const statusOf = async (orderId: string) => (await deliveries.load(orderId)).found?.delivery.status;
    const failures = () => store.lines.filter(({ msg }) => msg === 'job failed').length;

    const timer = createTimer(parts, 'expire', log, { every });
    timer.start();
    // The first batch held both, the second only the one that can't be ended.
    await until(() => failures() === 2);
    expect(await statusOf(other)).toBe('EXPIRED');
    // Time enough for a loop without a rest to look again.
    for (let query = 0; query < 20; query += 1) expect(await statusOf(stuck)).toBe('ORDER_GET');
    expect(looks).toBe(2);

    broken = false;
    timer.wake();
    await until(async () => (await statusOf(stuck)) === 'EXPIRED');
    await timer.drain();
    expect(failures()).toBe(2);
  });
});
