import { createEventStates } from '@cafe-for-me/lib/event-states';
import { createFeed, type Feed } from '@cafe-for-me/lib/feed';
import { outboxFeedStore } from '@cafe-for-me/lib/feed-store';
import { liveVersions } from '@cafe-for-me/lib/live-versions';
import type { Logger } from '@cafe-for-me/lib/log';
import type { SqlClient } from '@cafe-for-me/lib/sql-client';
import type { Nats } from '@cafe-for-me/lib/streams';
import { isKnown, STREAMS, type AnyEnvelope } from '@cafe-for-me/schema/events';
import type { LiveDeliveries } from '../application/ports.ts';
import { begin, evolve, paidOrderIn, type Delivery, type DeliveryEvent } from '../domain/delivery.ts';
import type { LiveReads } from './postgres-reads.ts';

type Event = AnyEnvelope;

/** The tail of the deliveries' stream, one per process; subscribers find events under their café's id. */
export function createDeliveriesFeed(options: { nats: Nats; log: Logger; client: SqlClient }): Feed {
  const { nats, log, client } = options;
  const stream = STREAMS.DELIVERIES.name;
  return createFeed<Event>({
    nats,
    log,
    stream,
    store: outboxFeedStore(client, stream),
    keysOf: (event) => (isOfDelivery(event) ? [event.cafeId] : []),
  });
}

function isOfDelivery(event: Event): event is DeliveryEvent {
  return isKnown(event) && event.type !== 'CafeSaved' && event.type !== 'MenuItemSaved';
}

/** The present state of a café's deliveries, then what the feed's events make of them. */
export function createLiveDeliveries({ feed, reads }: { feed: Feed; reads: LiveReads }): LiveDeliveries {
  const versionOf = ({ orderId, version }: Delivery) => ({ aggregateId: orderId, version });
  const states = createEventStates<Delivery, DeliveryEvent>({
    after,
    async read({ aggregateId, aggregateVersion }) {
      return (await reads.between(aggregateId, aggregateVersion, aggregateVersion))[0];
    },
    versionOf,
  });
  return {
    watch: (cafeId, resumeFrom) =>
      liveVersions<Delivery>({
        feed,
        topic: { key: cafeId },
        resumeFrom,
        async snapshot() {
          const present = await reads.unfinished(cafeId);
          present.forEach(states.keep);
          return present;
        },
        versionOf,
        async stateOf(event) {
          const state = await states.of(event);
          // Of another café the subscriber may see nothing, whatever the key said.
          return state.cafeId === cafeId ? state : undefined;
        },
      }),
  };
}

/** The state after the event where it follows from the one before it; else null. */
function after(before: Delivery | undefined, event: DeliveryEvent): Delivery | null {
  if (before) return evolve(before, event);
  const order = event.aggregateVersion === 1 ? paidOrderIn(event) : null;
  return order && begin(order, event);
}
