import { randomUUID } from 'node:crypto';
import { LiveEvent } from '@cafe-for-me/lib/live-event';
import { createLiveWorld, type LiveWorld } from '@cafe-for-me/lib/testing/live-world';
import { feedKeysOf } from '../application/live-orders.ts';
import type { OwnedChange, StatusChange } from '../application/ports.ts';
import { createLiveOrders } from './live-orders.ts';

let world: LiveWorld;
beforeEach(async () => {
  world = await createLiveWorld();
});
afterEach(() => world.close());

/** Orders of one customer each, and how often they were asked for. */
function readsOf(orders: readonly OwnedChange[]) {
  const asked = { latest: 0, open: 0, ids: 0 };
  return {
    asked,
    reads: {
      async latestOf(ids: readonly string[]) {
        asked.latest += 1;
        return orders.filter(({ orderId }) => ids.includes(orderId));
      },
      async openOf(customerIds: readonly string[]) {
        asked.open += 1;
        return orders.filter(({ customerId }) => customerIds.includes(customerId));
      },
      async idsOf(customerId: string) {
        asked.ids += 1;
        return orders.filter((order) => order.customerId === customerId).map(({ orderId }) => orderId);
      },
    },
  };
}

const orderOf = (customerId: string): OwnedChange => ({
  orderId: randomUUID(),
  customerId,
  version: 2,
  status: 'PLACED',
  at: new Date('2026-05-14T03:00:00.000Z'),
  message: 'paid',
});

describe('the live orders', () => {
  it('of a thousand subscribers who come at once are looked up in a few reads', async () => {
    const orders = Array.from({ length: 1_000 }, (_, place) => orderOf(`customer ${place}`));
    const { asked, reads } = readsOf(orders);
    const live = createLiveOrders({ feed: await world.startFeed({ keysOf: feedKeysOf }), reads });
    const firsts = await Promise.all(
      orders.map(async ({ orderId, customerId }) => {
        const changes = await live.ofOrder(orderId, customerId, undefined);
        return (await changes!.next()).value as LiveEvent<StatusChange>;
      }),
    );
    expect(firsts.map(({ state }) => state.orderId)).toEqual(orders.map(({ orderId }) => orderId));
    // Whose they are, and how they are.
    expect(asked.latest).toBeLessThan(12);

    const mine = await Promise.all(
      orders.map(async ({ customerId }) => (await live.ofCustomer(customerId, undefined).next()).value),
    );
    expect(mine.every((event) => event instanceof LiveEvent)).toBe(true);
    expect(asked.open).toBeLessThan(12);
  });

  it('need no read for a subscriber who comes back, where the feed has an event of the order', async () => {
    const { asked, reads } = readsOf([]);
    const feed = await world.startFeed({ keysOf: feedKeysOf });
    const live = createLiveOrders({ feed, reads });
    const orderId = randomUUID();
    const place = await live.ofCustomer('alice', undefined).next();
    const resumeFrom = (place.value as { position: string }).position;
    asked.open = 0;
    await world.tell(orderId, 1, { customerId: 'alice', status: 'PENDING_PAYMENT', message: 'placed' });
    const mine = live.ofCustomer('alice', resumeFrom);
    expect((await mine.next()).value).toMatchObject({ state: { orderId, version: 1 }, resumed: 'exact' });
    const one = await live.ofOrder(orderId, 'alice', resumeFrom);
    expect((await one!.next()).value).toMatchObject({ state: { orderId, version: 1 }, resumed: 'exact' });
    expect(await live.ofOrder(orderId, 'mallory', resumeFrom)).toBeNull();
    expect(asked).toEqual({ latest: 0, open: 0, ids: 0 });
  });
});
