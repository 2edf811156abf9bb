import { maySee, maySeeNotifications, maySeePickupCode } from '../application/access.ts';
import type { StatusChange } from '../application/ports.ts';
import { messageWithoutCode } from '../domain/messages.ts';
import { unreachable } from '../domain/unreachable.ts';
import { cancellationOf, cannotBeCanceled, paymentOf } from '../domain/view.ts';
import type { OrderResolvers, OrderStatusChangeResolvers, UserErrorResolvers } from '../generated/resolvers.ts';

/** How long an order that is older than its event is given to catch up, in ms. */
const BEHIND_MS = 50;

/** Fields of an order come from its row; history and SMS are read for many orders at once. */
export const orderResolvers: OrderResolvers = {
  __resolveReference: async function resolveOrder({ id }, { caller, orders }) {
    const order = await orders.load(id);
    // The router asks for null where a reference leads to nothing that the caller may see.
    return order !== null && maySee(caller, order) ? order : null;
  },
  cafe: ({ cafeId }) => ({ id: cafeId }),
  lines: ({ lines }) => lines.map((line) => ({ ...line, total: line.qty * line.unitPrice })),
  payment: paymentOf,
  cancellation: cancellationOf,
  cannotOrderCanceled: ({ status }) => cannotBeCanceled(status),
  history: async function resolveHistory(order, _args, { caller, histories }) {
    const changes = await histories.load(order.id);
    return changes.map(({ orderId, version, status, at, message }): StatusChange => ({
      orderId,
      version,
      status,
      at,
      message: maySeePickupCode(caller) ? message : messageWithoutCode({ status, message }),
      order,
    }));
  },
  notifications: async function resolveNotifications(order, _args, { caller, notifications }) {
    return maySeeNotifications(caller, order) ? [...(await notifications.load(order.id))] : [];
  },
};

export const statusChangeResolvers: OrderStatusChangeResolvers = {
  order: async function resolveOrderOfChange({ order, orderId, version }, _args, { orders }) {
    let found = order ?? (await orders.load(orderId));
    if (found !== null && found.version < version) {
      // Read from a database that is behind the one that the event came from.
      await new Promise((resolve) => setTimeout(resolve, BEHIND_MS));
      found = await orders.load(orderId);
    }
    if (found === null) throw new Error(`order ${orderId} has a history but no row`);
    return found;
  },
};

export const userErrorResolvers: UserErrorResolvers = {
  __resolveType: function typeOfRefusal(refusal) {
    switch (refusal.code) {
      case 'INVALID_INPUT':
        return 'InvalidInputError';
      case 'IDEMPOTENCY_KEY_REUSED':
        return 'IdempotencyKeyReusedError';
      case 'ORDER_NOT_FOUND':
        return 'OrderNotFoundError';
      case 'CAFE_NOT_FOUND':
      case 'CAFE_CLOSED':
        return 'CafeUnavailableError';
      case 'ITEM_NOT_FOUND':
      case 'ITEM_SOLD_OUT':
        return 'ItemUnavailableError';
      case 'PRICE_CHANGED':
        return 'PriceChangedError';
      case 'PAYMENT_DECLINED':
        return 'PaymentDeclinedError';
      case 'PAYMENT_UNAVAILABLE':
        return 'PaymentUnavailableError';
      case 'CANNOT_ORDER_CANCELED':
        return 'CancelRefusedError';
      default:
        throw unreachable(refusal);
    }
  },
};
