/** Changes of orders at a steady pace, whatever becomes of those before. */
import { setTimeout as wait } from 'node:timers/promises';
import { sharedNow } from './clock.ts';
import type { Committed } from './ledger.ts';
import type { OrdersStore } from './orders-store.ts';

export interface Changes {
  /** So far, in the order in which the commits returned. */
  readonly committed: readonly Committed[];
  /** So many each second, one commit each, until it is stopped. */
  begin(perSecond: number): { stop(): Promise<void> };
  /** Changes every order once, in few large commits. */
  sweep(): Promise<void>;
}

const SWEPT_AT_ONCE = 100;

/** @param seed which orders are changed when; the same seed gives the same */
export function createChanges(store: OrdersStore, seed: number): Changes {
  const committed: Committed[] = [];
  const versions = store.orders.map(() => 1);
  const busy = new Set<number>();
  let random = seed;

  /** One that is not being changed. */
  function anyOrder(): number {
    for (;;) {
      // The generator of Numerical Recipes.
      random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0;
      const order = Math.floor((random / 2 ** 32) * versions.length);
      if (!busy.has(order)) return order;
    }
  }

  async function change(orders: readonly number[]): Promise<void> {
    const changes = orders.map((order) => ({ order, version: versions[order]! + 1 }));
    for (const order of orders) busy.add(order);
    await store.save(changes);
    const at = sharedNow();
    for (const { order, version } of changes) {
      versions[order] = version;
      committed.push({ order, version, at });
      busy.delete(order);
    }
  }

  return {
    committed,
    begin(perSecond) {
      let stopped = false;
      let failure: unknown;
      const under = new Set<Promise<void>>();
      async function run(): Promise<void> {
        const begunAt = performance.now();
        for (let number = 0; !stopped;) {
          const due = Math.floor(((performance.now() - begunAt) / 1000) * perSecond);
          for (; number < due && busy.size < versions.length / 2; number++) {
            const one = change([anyOrder()]).catch((error: unknown) => void (failure ??= error));
            under.add(one);
            void one.then(() => under.delete(one));
          }
          await wait(2);
        }
        await Promise.all(under);
        if (failure !== undefined) throw failure;
      }
      const running = run();
      running.catch(() => undefined);
      return {
        stop() {
          stopped = true;
          return running;
        },
      };
    },
    async sweep() {
      for (let at = 0; at < versions.length; at += SWEPT_AT_ONCE) {
        const last = Math.min(versions.length, at + SWEPT_AT_ONCE);
        await change(Array.from({ length: last - at }, (_, offset) => at + offset));
      }
    },
  };
}
