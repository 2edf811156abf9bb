import { connect } from 'nats';
import { openCafe } from '../harness/cafe.ts';
import { eventually } from '../harness/eventually.ts';
import type { Watch } from '../harness/graph.ts';
import { LIVE } from '../harness/live-operations.ts';

const STREAMS = ['ORDERS', 'DELIVERIES', 'ACCOUNTING'];

/** The consumers of each stream: those with a durable name, and the others. */
async function consumersAt(servers: string): Promise<Record<string, { durable: number; others: number }>> {
  const nats = await connect({ servers });
  try {
    const manager = await nats.jetstreamManager();
    const found: Record<string, { durable: number; others: number }> = {};
    for (const stream of STREAMS) {
      const all = await manager.consumers.list(stream).next();
      const durable = all.filter(({ config }) => config.durable_name !== undefined).length;
      found[stream] = { durable, others: all.length - durable };
    }
    return found;
  } finally {
    await nats.close();
  }
}

describe('live subscriptions', () => {
  it('need one consumer per process, for one subscriber as for some hundred', async () => {
    const cafe = await openCafe();
    try {
      const alice = await cafe.customer();
      const staff = await cafe.staff();
      const ids: string[] = [];
      for (let count = 0; count < 10; count += 1) ids.push((await alice.paidOrder()).id);
      await eventually(
        () => staff.act('acceptOrder', ids[0] ?? ''),
        ({ userErrors }) => userErrors.length === 0,
      );
      // A stream begins with its first event.
      const none = await eventually(
        () => consumersAt(cafe.system.urls.nats),
        () => true,
      );
      const accountant = await cafe.accountant();
      const watchAll = (): Watch<object>[] => [
        ...ids.map((id) => alice.graph.watch<object>(LIVE.orderStatusChanged, { id })),
        alice.graph.watch(LIVE.myOrdersChanged),
        staff.graph.watch(LIVE.deliveriesChanged, { cafeId: '92' }),
        accountant.watch(LIVE.accountingChanged, { cafeId: '92' }),
      ];
      const one = alice.graph.watch(LIVE.orderStatusChanged, { id: ids[0] });
      await one.until(() => true);
      const atOne = await consumersAt(cafe.system.urls.nats);
      const watches: Watch<object>[] = [];
      for (let round = 0; round < 30; round += 1) watches.push(...watchAll());
      await Promise.all(watches.map((watch) => watch.until(() => true)));
      expect(watches).toHaveLength(390);
      const atHundreds = await consumersAt(cafe.system.urls.nats);
      expect(atHundreds).toEqual(atOne);
      for (const stream of STREAMS) {
        expect([stream, atHundreds[stream]]).toEqual([stream, { durable: none[stream]?.durable, others: 1 }]);
      }
    } finally {
      await cafe.close();
    }
  }, 120_000);
});
