import { createBatcher } from '@cafe-for-me/lib/batcher';
import { isDatabaseFault } from '@cafe-for-me/lib/database-fault';
import { unavailable } from '@cafe-for-me/lib/errors';
import type { Feed } from '@cafe-for-me/lib/feed';
import { liveVersions, type LiveVersions } from '@cafe-for-me/lib/live-versions';
import { throughFaults } from '@cafe-for-me/lib/through-faults';
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

type Reads = Pick<OrderReads, 'latestOf' | 'openOf' | 'idsOf'>;

/** Whoever has ordered more often passes through the stream's past instead of that of each order. */
const ORDERS_LOOKED_UP = 200;
/** How long a subscriber waits for the database, in ms, before its order's owner is given up on. */
const OWNER_WITHIN_MS = 10_000;

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
  async function ownerOf(orderId: string): Promise<string | undefined> {
    const event = feed.lastOf(orderFeedKey(orderId));
    const owner = event && customerOfEvent(event);
    if (owner !== undefined) return owner;
    try {
      return (
        await throughFaults(
          () => latest(orderId),
          () => false,
          OWNER_WITHIN_MS,
        )
      )?.customerId;
    } catch (error) {
      throw isDatabaseFault(error) ? unavailable(error) : error;
    }
  }

  /** The keys lead to the customer's own events alone; this is where it would show if they did not. */
  const changesFor = (customerId: string) => (event: Parameters<typeof statusChangeOf>[0]) =>
    customerOfEvent(event) === customerId ? statusChangeOf(event) : undefined;
  const versionOf = ({ orderId, version }: StatusChange) => ({ aggregateId: orderId, version });

  return {
    async ofOrder(orderId, customerId, resumeFrom) {
      if ((await ownerOf(orderId)) !== customerId) return null;
      return liveVersions<StatusChange>({
        feed,
        topic: { key: orderFeedKey(orderId), aggregates: () => [orderId] },
        resumeFrom,
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
