import { createConsumer, type Consumer, type SqlClient } from '@cafe-for-me/lib/consumer';
import { inContext, type Logger } from '@cafe-for-me/lib/log';
import type { Nats } from '@cafe-for-me/lib/streams';
import { isKnown, STREAMS, type AnyEnvelope } from '@cafe-for-me/schema/events';
import { answerCancelRequest } from '../application/answer-cancel-request.ts';
import { logChange } from '../application/commit.ts';
import type { Parts } from '../application/ports.ts';
import { receivePaidOrder } from '../application/receive-paid-order.ts';
import type { Delivery } from '../domain/delivery.ts';
import { deliveriesOn } from './postgres-deliveries.ts';
import { inTransaction, type Database } from './postgres.ts';

/** A transaction, and what to log once it is committed. */
interface Tx extends SqlClient {
  readonly changes: { readonly change: string; readonly delivery: Delivery }[];
}

/** Follows the customer service's stream: paid orders and cancel requests; all else passes by. */
export function createOrdersConsumer(
  parts: Pick<Parts, 'now' | 'newId' | 'committed' | 'log'> & { database: Database; nats: Nats; logger: Logger },
): Consumer {
  const { database, nats, logger, committed, now, newId, log } = parts;

  async function transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    const changes: { change: string; delivery: Delivery }[] = [];
    const result = await inTransaction(database, (sql) =>
      work({
        $queryRawUnsafe: (statement, ...values) => sql.$queryRawUnsafe(statement, ...values),
        $executeRawUnsafe: (statement, ...values) => sql.$executeRawUnsafe(statement, ...values),
        changes,
      }),
    );
    for (const { change, delivery } of changes) logChange(log, change, delivery);
    return result;
  }

  async function apply(event: AnyEnvelope, tx: Tx): Promise<void> {
    const use = { now, newId, deliveries: deliveriesOn(tx) };
    if (event.type === 'PaymentCompleted') {
      const delivery = await receivePaidOrder(use, event);
      if (delivery)
        tx.changes.push({
          change: delivery.status === 'CANCELED' ? 'OrderCancelConfirmed' : 'DeliveryCreated',
          delivery,
        });
    } else if (event.type === 'OrderCancelRequested') {
      const delivery = await answerCancelRequest(use, event);
      if (delivery) tx.changes.push({ change: 'cancel request answered', delivery });
    }
  }

  return createConsumer<Tx, AnyEnvelope>({
    nats,
    stream: STREAMS.ORDERS.name,
    service: 'delivery',
    database: { transaction },
    handle(event, tx) {
      if (!isKnown(event)) {
        logger.warn(
          { type: (event as AnyEnvelope).type, eventId: (event as AnyEnvelope).id },
          'an event of an unknown kind is passed over',
        );
        return undefined;
      }
      const { aggregateId: orderId, traceparent } = event;
      return inContext({ orderId, traceparent }, () => apply(event, tx));
    },
    log: logger,
    onApplied: committed,
  });
}
