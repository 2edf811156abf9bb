import { createConsumer, type Consumer, type SqlClient } from '@cafe-for-me/lib/consumer';
import { inContext, type Logger } from '@cafe-for-me/lib/log';
import type { Nats } from '@cafe-for-me/lib/streams';
import type { Tracer } from '@cafe-for-me/lib/telemetry';
import { isKnown, STREAMS, type AnyEnvelope, type Envelope } from '@cafe-for-me/schema/events';
import { answerCancelRequest } from '../application/answer-cancel-request.ts';
import { logChange } from '../application/commit.ts';
import type { Parts } from '../application/ports.ts';
import { receivePaidOrders } from '../application/receive-paid-orders.ts';
import type { Delivery } from '../domain/delivery.ts';
import { deliveriesOn } from './postgres-deliveries.ts';
import { inTransaction, type Database } from './postgres.ts';

/** A transaction with what it has to do before it commits, and what to log after. */
interface Tx extends SqlClient {
  /** Paid orders of this batch that are not saved yet: they are saved together. */
  readonly arrived: Envelope<'PaymentCompleted'>[];
  readonly changes: { readonly change: string; readonly delivery: Delivery }[];
}

/** Follows the customer service's stream: paid orders and cancel requests; all else passes by. */
export function createOrdersConsumer(
  parts: Pick<Parts, 'now' | 'newId' | 'committed' | 'log'> & {
    database: Database;
    nats: Nats;
    logger: Logger;
    tracer?: Tracer | undefined;
  },
): Consumer {
  const { database, nats, logger, committed, now, newId, log, tracer } = parts;

  async function transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    const changes: Tx['changes'] = [];
    const result = await inTransaction(database, async function workAndSave(sql) {
      const tx: Tx = {
        $queryRawUnsafe: (statement, ...values) => sql.$queryRawUnsafe(statement, ...values),
        $executeRawUnsafe: (statement, ...values) => sql.$executeRawUnsafe(statement, ...values),
        arrived: [],
        changes,
      };
      const done = await work(tx);
      await saveArrived(tx);
      return done;
    });
    if (changes.length > 0) committed();
    logChanges(changes);
    return result;
  }

  /** One line for all that came in: a change that a person wanted has its own. */
  function logChanges(changes: Tx['changes']): void {
    const made: string[] = [];
    for (const { change, delivery } of changes) {
      if (change === 'DeliveryCreated') made.push(delivery.orderId);
      else logChange(log, change, delivery);
    }
    if (made.length > 0) log.info({ change: 'DeliveryCreated', orderIds: made }, 'deliveries created');
  }

  async function saveArrived(tx: Tx): Promise<void> {
    const events = tx.arrived.splice(0);
    if (events.length === 0) return;
    for (const delivery of await receivePaidOrders({ now, newId, deliveries: deliveriesOn(tx) }, events)) {
      const change = delivery.status === 'CANCELED' ? 'OrderCancelConfirmed' : 'DeliveryCreated';
      tx.changes.push({ change, delivery });
    }
  }

  async function answer(event: Envelope<'OrderCancelRequested'>, tx: Tx): Promise<void> {
    // Its order may have come in this very batch.
    await saveArrived(tx);
    const delivery = await answerCancelRequest({ now, newId, deliveries: deliveriesOn(tx) }, event);
    if (delivery) tx.changes.push({ change: 'cancel request answered', delivery });
  }

  return createConsumer<Tx, AnyEnvelope>({
    nats,
    stream: STREAMS.ORDERS.name,
    service: 'delivery',
    database: { transaction },
    handle(event, tx) {
      if (!isKnown(event)) {
        const { type, id } = event as AnyEnvelope;
        logger.warn({ type, eventId: id }, 'an event of an unknown kind is passed over');
        return undefined;
      }
      if (event.type === 'PaymentCompleted') tx.arrived.push(event);
      if (event.type !== 'OrderCancelRequested') return undefined;
      const { aggregateId: orderId, traceparent } = event;
      return inContext({ orderId, traceparent }, () => answer(event, tx));
    },
    log: logger,
    tracer,
  });
}
