import type { OrderStatus } from '../../generated/documents.ts';
import type { WholeOrder } from './order.ts';

export type StepName =
  | 'ordered'
  | 'paying'
  | 'bankSilent'
  | 'paid'
  | 'notPaid'
  | 'waiting'
  | 'cancelRequested'
  | 'accepted'
  | 'making'
  | 'ready'
  | 'pickedUp'
  | 'rejected'
  | 'expired'
  | 'canceled'
  | 'canceledByCafe'
  | 'notCollected'
  | 'refunding'
  | 'refunded';

/** done: behind us. now: where it stands. next: to come. ended: the end, and not the one that was hoped for. */
export interface Step {
  readonly name: StepName;
  readonly state: 'done' | 'now' | 'next' | 'ended';
  /** ISO; when it was. */
  readonly at?: string | undefined;
}

type Past = Pick<WholeOrder, 'status' | 'placedAt' | 'history' | 'payment'>;

/** The ends that the café or the customer brought about, by the status. */
const ends = {
  REJECTED: 'rejected',
  EXPIRED: 'expired',
  CANCELED: 'canceled',
  CANCELED_BY_CAFE: 'canceledByCafe',
  NOT_COLLECTED: 'notCollected',
} as const satisfies Partial<Record<OrderStatus, StepName>>;

/** An order's way, from the order to the cup in the hand or to another end. */
export function timelineOf(order: Past): readonly Step[] {
  const { status, payment, placedAt } = order;
  const ordered: Step = { name: 'ordered', state: 'done', at: placedAt };
  const at = (wanted: OrderStatus) => order.history.find((change) => change.status === wanted)?.at;
  const paid: Step = { name: 'paid', state: 'done', at: at('PLACED') };
  const accepted: Step = { name: 'accepted', state: 'done', at: at('ACCEPTED') };
  const ready: Step = { name: 'ready', state: 'done', at: at('READY') };
  const next = (...names: StepName[]): Step[] => names.map((name) => ({ name, state: 'next' }));

  switch (status) {
    case 'PENDING_PAYMENT': {
      const name = payment.status === 'UNKNOWN' ? 'bankSilent' : 'paying';
      return [ordered, { name, state: 'now' }, ...next('accepted', 'ready', 'pickedUp')];
    }
    case 'PAYMENT_FAILED':
      return [ordered, { name: 'notPaid', state: 'ended', at: at(status) }];
    case 'PLACED':
      return [ordered, paid, { name: 'waiting', state: 'now' }, ...next('ready', 'pickedUp')];
    case 'CANCEL_REQUESTED':
      return [ordered, paid, { name: 'cancelRequested', state: 'now', at: at(status) }];
    case 'ACCEPTED':
      return [ordered, paid, accepted, { name: 'making', state: 'now' }, ...next('ready', 'pickedUp')];
    case 'READY':
      return [ordered, paid, accepted, { ...ready, state: 'now' }, ...next('pickedUp')];
    case 'PICKED_UP':
      return [ordered, paid, accepted, ready, { name: 'pickedUp', state: 'done', at: at(status) }];
    case 'REJECTED':
    case 'EXPIRED':
    case 'CANCELED':
    case 'CANCELED_BY_CAFE':
    case 'NOT_COLLECTED': {
      const between = [accepted, ready].filter((step) => step.at !== undefined);
      return [ordered, paid, ...between, { name: ends[status], state: 'ended', at: at(status) }, ...refundOf(order)];
    }
  }
}

function refundOf({ payment, history }: Past): readonly Step[] {
  if (payment.status === 'REFUNDING') return [{ name: 'refunding', state: 'now' }];
  if (payment.status === 'REFUNDED') return [{ name: 'refunded', state: 'done', at: history.at(-1)?.at }];
  return [];
}
