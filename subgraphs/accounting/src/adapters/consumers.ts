import type { Logger } from '@cafe-for-me/lib/log';
import { createConsumer, type Consumer } from '@cafe-for-me/lib/consumer';
import type { EventEnvelope } from '@cafe-for-me/lib/events';
import type { Nats } from '@cafe-for-me/lib/streams';
import type { Tracer } from '@cafe-for-me/lib/telemetry';
import { isKnown, STREAMS, subjectOf, type AnyEnvelope } from '@cafe-for-me/schema/events';
import { addOrdered } from '../application/add-ordered.ts';
import { bookCorrection } from '../application/book-correction.ts';
import { bookSale } from '../application/book-sale.ts';
import { keepCafe } from '../application/keep-cafe.ts';
import type { NewId, Now } from '../application/ports.ts';
import type { Client, Tx } from './postgres.ts';
import { bookingIn, eventDatabase } from './postgres-booking.ts';

/** What the service reads of the other two services' streams. */
export function createConsumers(parts: {
  nats: Nats;
  client: Client;
  log: Logger;
  tracer?: Tracer | undefined;
  now: Now;
  newId: NewId;
  /** Called after a commit that booked something. */
  onBooked: () => void;
}): { deliveries: Consumer; orders: Consumer } {
  const { nats, client, log, tracer, now, newId, onBooked } = parts;
  const shared = { nats, service: 'accounting', database: eventDatabase(client, onBooked), log, tracer };

  /** The event, or undefined for one that this code can't read: a newer service speaks, and nothing here depends on it yet. */
  function readable(event: EventEnvelope): AnyEnvelope | undefined {
    if (isKnown(event)) return event;
    const { id, type, schemaVersion } = event;
    log.warn({ eventId: id, type, schemaVersion }, 'an event of an unknown type or version was skipped');
    return undefined;
  }

  async function handleDelivery(received: EventEnvelope, tx: Tx): Promise<void> {
    const event = readable(received);
    const booking = bookingIn(tx);
    // The other events of a delivery move no money of the café.
    if (event?.type === 'OrderReceived') await bookSale({ booking, now, newId, log }, event);
    else if (event?.type === 'OrderCanceledByCafe') await bookCorrection({ booking, now, newId, log }, event);
    else if (event?.type === 'CafeSaved') await keepCafe(booking, event);
  }

  async function handleOrder(received: EventEnvelope, tx: Tx): Promise<void> {
    const event = readable(received);
    if (event?.type === 'PaymentCompleted') await addOrdered(bookingIn(tx), event);
  }

  return {
    deliveries: createConsumer({ ...shared, stream: STREAMS.DELIVERIES.name, handle: handleDelivery }),
    orders: createConsumer({
      ...shared,
      stream: STREAMS.ORDERS.name,
      // An order is paid once, and nothing else that happens to it counts here.
      filterSubject: subjectOf({ type: 'PaymentCompleted', cafeId: '*' }),
      versions: 'increasing',
      handle: handleOrder,
    }),
  };
}
