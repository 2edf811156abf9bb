import type { DeliveryEventName, EventData, OrderStatus } from '@cafe-for-me/schema/events';
import type { OrderEvent } from './event.ts';
import { priceOf, type CafeMenu } from './menu.ts';
import * as messages from './messages.ts';
import type { DeliveryEvent } from './messages.ts';
import { hasEnded, PAYMENT_UNAVAILABLE, type Order, type PaymentFailure } from './order.ts';
import { checkPlaceInput, type PlaceInput } from './place-input.ts';
import { orderNotFound, type Refusal } from './refusal.ts';
import { unreachable } from './unreachable.ts';

export interface PlaceOrder {
  readonly type: 'PlaceOrder';
  readonly orderId: string;
  readonly customerId: string;
  readonly smsTo: string;
  readonly input: PlaceInput;
  /** Null for a café that is not known. */
  readonly menu: CafeMenu | null;
}

export type ChargeOutcome = { readonly kind: 'CHARGED' } | PaymentFailure | { readonly kind: 'UNKNOWN' };

export type OrderCommand =
  | {
      readonly type: 'SettleCharge';
      readonly outcome: ChargeOutcome;
      /** How long the café has to answer. */ readonly acceptWithinMs: number;
    }
  | { readonly type: 'RequestCancel'; readonly customerId: string }
  | { readonly type: 'FollowDelivery'; readonly event: DeliveryEvent }
  | { readonly type: 'ConfirmRefund' };

/** The events that carry the command out, none when it changes nothing, or why not. */
export type Decision<Event extends OrderEvent = OrderEvent> =
  { readonly events: readonly Event[] } | { readonly refusals: readonly Refusal[] };

type EventOf<Type extends OrderEvent['type']> = Extract<OrderEvent, { type: Type }>;

const nothing = { events: [] } as const;

/** Whether a new order may be placed, and at what price. */
export function decidePlacing(command: PlaceOrder): Decision<EventOf<'OrderPlaced'>> {
  const { orderId, customerId, smsTo, input, menu } = command;
  const wrong = checkPlaceInput(input);
  if (wrong.length > 0) return { refusals: wrong };
  const priced = priceOf(input, menu);
  if ('refusals' in priced) return priced;
  // priceOf refuses a café that is not known.
  const { clock } = menu as CafeMenu;
  const { lines, total } = priced;
  const data = { customerId, status: 'PENDING_PAYMENT', lines, total, message: messages.placedMessage } as const;
  return { events: [{ type: 'OrderPlaced', orderId, cafeId: input.cafeId, smsTo, clock, data }] };
}

/** What a command does to an order. Pure: the same arguments give the same answer. */
export function decide(command: OrderCommand, order: Order, now: Date): Decision {
  switch (command.type) {
    case 'SettleCharge':
      return settleCharge(command.outcome, command.acceptWithinMs, order, now);
    case 'RequestCancel':
      return requestCancel(command.customerId, order);
    case 'FollowDelivery':
      return followDelivery(command.event, order);
    case 'ConfirmRefund':
      return confirmRefund(order);
    default:
      throw unreachable(command);
  }
}

function settleCharge(outcome: ChargeOutcome, acceptWithinMs: number, order: Order, now: Date): Decision {
  // Whoever came first settled it with the same answer: the provider gives one per key.
  if (order.status !== 'PENDING_PAYMENT') return nothing;
  const { customerId, lines, total, clock } = order;
  switch (outcome.kind) {
    case 'CHARGED': {
      const acceptBy = new Date(now.getTime() + acceptWithinMs).toISOString();
      const data = {
        customerId,
        status: 'PLACED',
        lines,
        total,
        acceptBy,
        message: messages.paidMessage,
        ...clock,
      } as const;
      return { events: [{ type: 'PaymentCompleted', data }] };
    }
    case 'DECLINED':
      return { events: [paymentFailed(customerId, outcome, outcome.reason)] };
    case 'UNAVAILABLE':
      return { events: [paymentFailed(customerId, outcome, PAYMENT_UNAVAILABLE)] };
    case 'UNKNOWN':
      return order.payment === 'UNKNOWN' ? nothing : { events: [{ type: 'PaymentUnknown' }] };
    default:
      throw unreachable(outcome);
  }
}

function paymentFailed(customerId: string, failure: PaymentFailure, reason: string): EventOf<'PaymentFailed'> {
  const message = messages.notChargedMessage(reason);
  return { type: 'PaymentFailed', failure, data: { customerId, status: 'PAYMENT_FAILED', reason, message } };
}

/** A courtesy, so that nobody waits for a no: the café decides. */
function requestCancel(customerId: string, order: Order): Decision {
  if (order.customerId !== customerId) return { refusals: [orderNotFound] };
  switch (order.status) {
    case 'PLACED': {
      const data = { customerId, status: 'CANCEL_REQUESTED', message: messages.cancelRequestedMessage } as const;
      return { events: [{ type: 'OrderCancelRequested', data }] };
    }
    case 'CANCEL_REQUESTED':
      return nothing;
    case 'PENDING_PAYMENT':
    case 'PAYMENT_FAILED':
    case 'ACCEPTED':
    case 'READY':
    case 'PICKED_UP':
    case 'NOT_COLLECTED':
    case 'REJECTED':
    case 'EXPIRED':
    case 'CANCELED':
    case 'CANCELED_BY_CAFE': {
      const message = `The order can't be canceled: it is ${order.status}.`;
      const { status } = order;
      return { refusals: [{ code: 'CANNOT_ORDER_CANCELED', message, path: ['input', 'orderId'], status }] };
    }
    default:
      throw unreachable(order);
  }
}

function followDelivery(event: DeliveryEvent, order: Order): Decision {
  const status = statusAfter(event, order);
  if (status === null) return nothing;
  const message = messages.statusMessage(event, status);
  const data = { customerId: order.customerId, status, cause: event.type, message };
  return { events: [{ type: 'OrderStatusChanged', data }] };
}

const ENDS: Partial<Record<DeliveryEventName, OrderStatus>> = {
  OrderPickedUp: 'PICKED_UP',
  OrderNotCollected: 'NOT_COLLECTED',
  OrderRejected: 'REJECTED',
  OrderExpired: 'EXPIRED',
  OrderCancelConfirmed: 'CANCELED',
  OrderCanceledByCafe: 'CANCELED_BY_CAFE',
};

/** The order's status after a step at the café; null when the step has no effect on it. */
function statusAfter(event: DeliveryEvent, order: Order): OrderStatus | null {
  // The café hears of paid orders only, and an order that has ended stays as it is.
  if (order.status === 'PENDING_PAYMENT' || hasEnded(order)) return null;
  const { status } = order;
  switch (event.type) {
    case 'DeliveryCreated':
      return null;
    case 'OrderReceived':
      // Also while a cancellation is requested: the café has it, and will answer the request with a no.
      return status === 'PLACED' || status === 'CANCEL_REQUESTED' ? 'ACCEPTED' : null;
    case 'OrderReady':
      return status === 'ACCEPTED' ? 'READY' : null;
    case 'OrderCancelRejected':
      return statusAfterCancelRejected(event.data, status);
    case 'OrderPickedUp':
    case 'OrderNotCollected':
    case 'OrderRejected':
    case 'OrderExpired':
    case 'OrderCancelConfirmed':
    case 'OrderCanceledByCafe':
      // The arbiter has spoken: an end holds wherever we thought the order was.
      return ENDS[event.type] ?? null;
    default:
      throw unreachable(event);
  }
}

/** The answer is a version of its own even where the status was known already: the customer asked and is told. */
function statusAfterCancelRejected(
  { reason }: EventData['OrderCancelRejected'],
  status: OrderStatus,
): OrderStatus | null {
  if (status === 'CANCEL_REQUESTED' && reason === 'ALREADY_ACCEPTED') return 'ACCEPTED';
  return status === 'ACCEPTED' || status === 'READY' ? status : null;
}

function confirmRefund(order: Order): Decision {
  if (order.payment !== 'REFUNDING') return nothing;
  const { customerId, status, total: amount } = order;
  const data = { customerId, status, amount, message: messages.refundedMessage(amount) };
  return { events: [{ type: 'PaymentRefunded', data }] };
}
