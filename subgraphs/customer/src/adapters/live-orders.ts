import { createBatcher } from '@cafe-for-me/lib/batcher';
import { isDatabaseFault } from '@cafe-for-me/lib/database-fault';
import { forbidden } from '@cafe-for-me/lib/errors';
import type { Feed } from '@cafe-for-me/lib/feed';
import { liveVersions, type LiveVersions } from '@cafe-for-me/lib/live-versions';
import { customerFeedKey, customerOfEvent, orderFeedKey, statusChangeOf } from '../application/live-orders.ts';
import type { OrderReads, OwnedChange, StatusChange } from '../application/ports.ts';

/** Orders as they are and as they change: the states that are there, then each later one once and in order. */
export interface LiveOrders {
  /**
   * @param resumeFrom where the subscriber came back from
   * @returns null for an order that is not this customer's
   */
  ofOrder(
    orderId: string,
    customerId: string,
    resumeFrom: string | undefined,
  ): Promise<LiveVersions<StatusChange> | null>;
  /** Begins with those that are not at their end. */
  ofCustomer(customerId: string, resumeFrom: string | undefined): LiveVersions<StatusChange>;
}

/** The same for an order of somebody else and for none. */
export const noSuchOrder = () => forbidden('You have no such order.');

type Reads = Pick<OrderReads, 'latestOf' | 'openOf' | 'idsOf'>;

/** Whoever has ordered more often passes through the stream's past instead of that of each order. */
const ORDERS_LOOKED_UP = 200;

export function createLiveOrders({ feed, reads }: { feed: Feed; reads: Reads }): LiveOrders {
  // After a restart of the router ten thousand come at once.
  const latest = createBatcher({
    max: 500,
    concurrency: 2,
    async run(orderIds: readonly string[]): Promise<readonly (OwnedChange | undefined)[]> {
      const found = new Map((await reads.latestOf(orderIds)).map((change) => [change.orderId, change]));
      return orderIds.map((id) => found.get(id));
    },
  });
  const open = createBatcher({
    max: 200,
    concurrency: 2,
    async run(customerIds: readonly string[]): Promise<readonly (readonly OwnedChange[])[]> {
      const found = await reads.openOf(customerIds);
      return customerIds.map((id) => found.filter(({ customerId }) => customerId === id));
    },
  });

  /** An order's customer never changes, so any event of it tells, too. */
  async function isOf(orderId: string, customerId: string): Promise<boolean> {
    const event = feed.lastOf(orderFeedKey(orderId));
    const owner = (event && customerOfEvent(event)) ?? (await latest(orderId))?.customerId;
    return owner === customerId;
  }

  /** @returns undefined while the database is away: nobody can tell */
  async function isOfNow(orderId: string, customerId: string): Promise<boolean | undefined> {
    try {
      return await isOf(orderId, customerId);
    } catch (error) {
      if (isDatabaseFault(error)) return undefined;
      throw error;
    }
  }

  /** The keys lead to the customer's own events alone; this is where it would show if they did not. */
  const changesFor = (customerId: string) => (event: Parameters<typeof statusChangeOf>[0]) =>
    customerOfEvent(event) === customerId ? statusChangeOf(event) : undefined;
  const versionOf = ({ orderId, version }: StatusChange) => ({ aggregateId: orderId, version });

  return {
    async ofOrder(orderId, customerId, resumeFrom) {
      const isAdmitted = await isOfNow(orderId, customerId);
      if (isAdmitted === false) return null;
      return liveVersions<StatusChange>({
        feed,
        topic: { key: orderFeedKey(orderId), aggregates: () => [orderId] },
        resumeFrom,
        admit: isAdmitted
          ? undefined
          : async function admitOwner() {
              if (!(await isOf(orderId, customerId))) throw noSuchOrder();
            },
        async snapshot() {
          const change = await latest(orderId);
          return change === undefined ? [] : [change];
        },
        versionOf,
        stateOf: changesFor(customerId),
      });
    },
    ofCustomer(customerId, resumeFrom) {
      return liveVersions<StatusChange>({
        feed,
        topic: {
          key: customerFeedKey(customerId),
          async aggregates() {
            const ids = await reads.idsOf(customerId, ORDERS_LOOKED_UP + 1);
            return ids.length > ORDERS_LOOKED_UP ? undefined : ids;
          },
        },
        resumeFrom,
        snapshot: () => open(customerId),
        versionOf,
        stateOf: changesFor(customerId),
      });
    },
  };
}
