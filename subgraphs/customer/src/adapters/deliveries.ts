import type { EventEnvelope } from '@cafe-for-me/lib/events';
import { inContext, type Logger } from '@cafe-for-me/lib/log';
import { isKnown } from '@cafe-for-me/schema/events';
import { followDelivery } from '../application/follow-delivery.ts';
import type { World } from '../application/ports.ts';
import { unreachable } from '../domain/unreachable.ts';
import { saveCafe, saveMenuItem } from './menus.ts';
import { createFollowStore } from './order-store.ts';
import type { Sql } from './postgres.ts';

/** Applies one event of DELIVERIES within its transaction: an order's step, or a change of a café or its menu. */
export function createDeliveriesHandler(world: World, log: Logger) {
  return async function handleDelivery(event: EventEnvelope, tx: Sql): Promise<void> {
    if (!isKnown(event)) {
      log.warn(
        { event: event.type, schemaVersion: event.schemaVersion, id: event.id },
        'an event that this version does not know is skipped',
      );
      return;
    }
    switch (event.type) {
      case 'CafeSaved':
        return saveCafe(tx, event);
      case 'MenuItemSaved':
        return saveMenuItem(tx, event);
      case 'DeliveryCreated':
      case 'OrderReceived':
      case 'OrderRejected':
      case 'OrderExpired':
      case 'OrderCancelConfirmed':
      case 'OrderCancelRejected':
      case 'OrderReady':
      case 'OrderPickedUp':
      case 'OrderNotCollected':
      case 'OrderCanceledByCafe':
        // What follows carries the trace of what it follows.
        return inContext({ traceparent: event.traceparent }, () =>
          followDelivery(createFollowStore(tx), world, event.aggregateId, event),
        );
      case 'OrderPlaced':
      case 'PaymentCompleted':
      case 'PaymentFailed':
      case 'OrderCancelRequested':
      case 'OrderStatusChanged':
      case 'PaymentRefunded':
      case 'AccountingChanged':
        // Known, but of another stream.
        return;
      default:
        throw unreachable(event);
    }
  };
}
