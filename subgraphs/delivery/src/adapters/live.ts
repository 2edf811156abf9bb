import { createFeed, liveVersions, type Feed } from '@cafe-for-me/lib/feed';
import type { Logger } from '@cafe-for-me/lib/log';
import type { Nats } from '@cafe-for-me/lib/streams';
import { isKnown, STREAMS, type AnyEnvelope } from '@cafe-for-me/schema/events';
import type { LiveDeliveries } from '../application/ports.ts';
import { begin, evolve, paidOrderIn, type Delivery, type DeliveryEvent } from '../domain/delivery.ts';
import type { LiveReads } from './postgres-reads.ts';

type Event = AnyEnvelope;

/** The tail of the deliveries' stream, one per process; subscribers find events under their café's id. */
export function createDeliveriesFeed(options: { nats: Nats; log: Logger }): Feed {
  return createFeed<Event>({
    ...options,
    stream: STREAMS.DELIVERIES.name,
    keysOf: (event) => (isOfDelivery(event) ? [event.cafeId] : []),
  });
}

function isOfDelivery(event: Event): event is DeliveryEvent {
  return isKnown(event) && event.type !== 'CafeSaved' && event.type !== 'MenuItemSaved';
}

/** The present state of a café's deliveries, then what the feed's events make of them; the database is asked for gaps only. */
export function createLiveDeliveries({ feed, reads }: { feed: Feed; reads: LiveReads }): LiveDeliveries {
  return {
    watch(cafeId) {
      /** Unfinished ones only, so it stays as small as the café's counter. */
      const states = new Map<string, Delivery>();

      function keep(state: Delivery): void {
        if (isUnfinished(state)) states.set(state.orderId, state);
        else states.delete(state.orderId);
      }

      return liveVersions<Delivery>({
        subscribe: () => feed.subscribe(cafeId),
        async snapshot() {
          const present = await reads.unfinished(cafeId);
          present.forEach(keep);
          return present;
        },
        versionOf: ({ orderId, version }) => ({ aggregateId: orderId, version }),
        async missing(orderId, from, to) {
          const between = await reads.between(orderId, from, to);
          between.forEach(keep);
          return between;
        },
        stateOf(envelope) {
          const event = envelope as DeliveryEvent;
          const state = after(states.get(event.aggregateId), event);
          if (state) keep(state);
          return state;
        },
      });
    },
  };
}

/** The state after the event where it follows from what is known here; else null. */
function after(before: Delivery | undefined, event: DeliveryEvent): Delivery | null {
  if (before) return before.version === event.aggregateVersion - 1 ? evolve(before, event) : null;
  const order = event.aggregateVersion === 1 ? paidOrderIn(event) : null;
  return order && begin(order, event);
}

function isUnfinished({ status }: Delivery): boolean {
  return status === 'ORDER_GET' || status === 'RECEIVED' || status === 'READY';
}
