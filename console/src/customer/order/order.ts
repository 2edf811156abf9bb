import type { OrderStatus, WholeOrderFragment } from '../../generated/documents.ts';
import { toldIn, type Told } from './told.ts';

export type WholeOrder = WholeOrderFragment;

const ENDED: ReadonlySet<OrderStatus> = new Set([
  'PAYMENT_FAILED',
  'PICKED_UP',
  'REJECTED',
  'EXPIRED',
  'CANCELED',
  'CANCELED_BY_CAFE',
  'NOT_COLLECTED',
]);

export function hasEnded(status: OrderStatus): boolean {
  return ENDED.has(status);
}

interface Versioned {
  readonly id: string;
  readonly version: number;
  readonly cafe: object | null;
  readonly delivery: object | null;
}

/**
 * The newer of two states of one order. What other services know of it stays where the newer one lacks it, because they were away.
 */
export function newer<Order extends Versioned>(last: Order | undefined, next: Order): Order {
  if (last === undefined || last.id !== next.id) return next;
  if (next.version < last.version) return last;
  return { ...next, cafe: next.cafe ?? last.cafe, delivery: next.delivery ?? last.delivery };
}

/** What is known of the café's side, from the café or from what it said. */
export interface CafeSide extends Told {
  /** ISO. */
  readonly readyBy?: string;
}

export function cafeSideOf({ delivery, history }: Pick<WholeOrder, 'delivery' | 'history'>): CafeSide {
  const { queueNumber, readyBy, pickupCode } = delivery ?? {};
  return {
    ...toldIn(history.map(({ message }) => message)),
    ...(queueNumber == null ? {} : { queueNumber }),
    ...(pickupCode == null ? {} : { pickupCode }),
    ...(readyBy == null ? {} : { readyBy }),
  };
}

/** The customer asked to cancel, but the café had begun. */
export function cancelWasRefused({ history, status }: Pick<WholeOrder, 'history' | 'status'>): boolean {
  if (status === 'CANCELED' || status === 'CANCEL_REQUESTED') return false;
  const asked = history.findIndex((change) => change.status === 'CANCEL_REQUESTED');
  return (
    asked !== -1 && history.slice(asked).some((change) => change.status === 'ACCEPTED' || change.status === 'READY')
  );
}

/** Whether something that comes without a change of its own is still awaited: a bank's word, an SMS, another service's fields. */
export function isIncomplete({ status, payment, notifications, cafe, delivery }: WholeOrder): boolean {
  if (cafe === null) return true;
  if (status === 'PENDING_PAYMENT' || payment.status === 'REFUNDING') return true;
  if (delivery === null && (status === 'ACCEPTED' || status === 'READY')) return true;
  return notifications.some((sms) => sms.status === 'PENDING');
}
