/** Customers who order, follow all their orders, get their coffee and order again: the café's real life beside the fleet. */
import { randomUUID } from 'node:crypto';
import { createGraph } from '../../harness/graph.ts';
import { eventually } from '../../harness/eventually.ts';
import { customerOf } from '../../harness/operations.ts';
import type { System } from '@cafe-for-me/deploy/system';
import { createFollower, operations, wrongWith, type Follower } from './follower.ts';
import type { Progress } from './progress.ts';
import { staffOfCafe } from './staff.ts';
import { readVersions } from './status-changes.ts';
import { openSocket, type Socket } from './transports.ts';

export interface Regulars {
  /** Each customer drinks so many coffees, one after the other, each at its time or later. */
  drink(times: readonly (() => Promise<void>)[]): Promise<void>;
  /** All that is wrong with what they were told of their orders. */
  wrong(): Promise<string[]>;
  close(): Promise<void>;
}

const COUNT = 3;
/** Placed, paid, accepted, ready, picked up. */
const LIFE = 5;
/** Two parts may be down, one after the other, in ms. */
const INSIST_FOR = 240_000;

/** Each places a first order and follows it, so that it is known that the next ones are seen from their beginning. */
export async function openRegulars(system: System, progress: Progress): Promise<Regulars> {
  const staff = await staffOfCafe(system);
  const regulars = await Promise.all(Array.from({ length: COUNT }, (_, index) => openRegular(`regular-${index}`)));

  interface Regular {
    readonly follower: Follower;
    readonly socket: Socket;
    readonly first: string;
    readonly orderIds: string[];
    place(): Promise<string>;
  }

  async function openRegular(name: string): Promise<Regular> {
    const token = await system.token({ role: 'customer', sub: name });
    const customer = customerOf(createGraph(system.urls.graph, token));
    const first = await customer.paidOrder();
    const follower = createFollower({ name, query: operations.wholeOrders }, () => progress.tell());
    const socket = openSocket({ url: system.urls.graph, token, losses: new Map() });
    socket.follow(follower);
    await progress.until(
      () => follower.versions.has(first.id),
      () => `${name} hears nothing of the first order`,
    );

    /** One order, however often it must be asked for. */
    async function place(): Promise<string> {
      const idempotencyKey = randomUUID();
      const { order } = await eventually(
        () => customer.placeOrder({ idempotencyKey }),
        (payload) => payload.order !== null,
        INSIST_FOR,
      );
      return order!.id;
    }
    return { follower, socket, first: first.id, orderIds: [], place };
  }

  return {
    async drink(times) {
      await Promise.all(
        regulars.map(async function drinkAll({ orderIds, place }) {
          for (const when of times) {
            await when();
            const orderId = await place();
            orderIds.push(orderId);
            await staff.insist('acceptOrder', orderId, 'RECEIVED');
            await staff.insist('markReady', orderId, 'READY');
            await staff.insist('handOver', orderId, 'PICKED_UP');
          }
        }),
      );
    },
    async wrong() {
      const wrong: string[] = [];
      for (const { follower, first, orderIds } of regulars) {
        const last = new Map([[first, 2], ...orderIds.map((id) => [id, LIFE] as const)]);
        await progress.until(
          () => orderIds.every((id) => follower.newest.get(id)?.version === LIFE) || follower.problems.length > 0,
          () => `${follower.name} has not heard of all: ${JSON.stringify([...follower.versions])}`,
        );
        const firsts = orderIds.map((id) => follower.versions.get(id)?.[0]);
        if (firsts.some((version) => version !== 1))
          wrong.push(`${follower.name}'s orders began with ${firsts.join()}`);
        wrong.push(...wrongWith(follower, last));
      }
      const ids = regulars.flatMap(({ orderIds }) => orderIds);
      for (const [id, version] of await readVersions(system.databaseUrls.customer, ids)) {
        if (version !== LIFE) wrong.push(`${id} ended at version ${version}`);
      }
      return wrong;
    },
    async close() {
      await Promise.all(regulars.map(async ({ socket }) => socket.close()));
    },
  };
}
