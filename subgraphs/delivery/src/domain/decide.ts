import type { BusinessClock, DeliveryStatus, RejectReason } from '@cafe-for-me/schema/events';
import type { DecidedEvent, Delivery } from './delivery.ts';
import { unreachable } from './unreachable.ts';

/** What someone wants of a delivery. `by` is the staff member. */
export type Command =
  | { readonly kind: 'accept'; readonly by: string; readonly readyInMinutes: number; readonly clock: BusinessClock }
  | { readonly kind: 'reject'; readonly by: string; readonly reason: RejectReason; readonly note?: string }
  | { readonly kind: 'markReady'; readonly by: string; readonly pickupCode: string }
  | { readonly kind: 'handOver'; readonly by: string; readonly pickupCode: string }
  | { readonly kind: 'cancelByCafe'; readonly by: string; readonly reason: string; readonly clock: BusinessClock }
  | { readonly kind: 'customerCancel' }
  | { readonly kind: 'expire' }
  | { readonly kind: 'notCollected'; readonly collectWithinMs: number };

export type StateRefusalCode =
  | 'ALREADY_ACCEPTED'
  | 'ALREADY_REJECTED'
  | 'ALREADY_READY'
  | 'ALREADY_PICKED_UP'
  | 'ALREADY_CANCELED'
  | 'ALREADY_CANCELED_BY_CAFE'
  | 'ALREADY_EXPIRED'
  | 'ALREADY_NOT_COLLECTED'
  | 'NOT_ACCEPTED_YET'
  | 'NOT_READY_YET'
  | 'ACCEPT_TIME_OVER'
  | 'NOT_DUE_YET';

/** The state does not allow it: the present one, who brought it there, and when. */
export interface StateRefusal {
  readonly code: StateRefusalCode;
  readonly status: DeliveryStatus;
  readonly by?: string;
  readonly at: Date;
}

export type Refusal = StateRefusal | { readonly code: 'WRONG_PICKUP_CODE' };

export type Decision = DecidedEvent | Refusal;

export function isRefusal(decision: Decision): decision is Refusal {
  return 'code' in decision;
}

/** The rules of the café, all of them: the event that the command leads to, or why not. */
export function decide(command: Command, state: Delivery, now: Date): Decision {
  if (command.kind === 'customerCancel') return decideCustomerCancel(state);
  const refusal = stateRefusal(command, state, now);
  if (refusal) return refusal;
  const { customerId, lines, total } = state;
  switch (command.kind) {
    case 'accept': {
      const { by, clock, readyInMinutes } = command;
      const readyBy = new Date(now.getTime() + readyInMinutes * 60_000).toISOString();
      return { type: 'OrderReceived', data: { customerId, status: 'RECEIVED', readyBy, lines, total, by, ...clock } };
    }
    case 'reject': {
      const { by, reason, note } = command;
      return {
        type: 'OrderRejected',
        data: { customerId, status: 'REJECTED', reason, ...(note === undefined ? {} : { note }), by },
      };
    }
    case 'markReady':
      return {
        type: 'OrderReady',
        data: { customerId, status: 'READY', pickupCode: command.pickupCode, by: command.by },
      };
    case 'handOver':
      if (state.status !== 'READY' || !sameCode(command.pickupCode, state.pickupCode)) {
        return { code: 'WRONG_PICKUP_CODE' };
      }
      return { type: 'OrderPickedUp', data: { customerId, status: 'PICKED_UP', by: command.by } };
    case 'cancelByCafe': {
      const { by, reason, clock } = command;
      return {
        type: 'OrderCanceledByCafe',
        data: { customerId, status: 'CANCELED_BY_CAFE', reason, lines, total, by, ...clock },
      };
    }
    case 'expire':
      return { type: 'OrderExpired', data: { customerId, status: 'EXPIRED' } };
    case 'notCollected':
      return { type: 'OrderNotCollected', data: { customerId, status: 'NOT_COLLECTED' } };
    default:
      throw unreachable(command);
  }
}

/** A customer's request always gets an answer, so a late one is an event too, not a refusal. */
function decideCustomerCancel({ customerId, status }: Delivery): DecidedEvent {
  switch (status) {
    case 'ORDER_GET':
      return { type: 'OrderCancelConfirmed', data: { customerId, status: 'CANCELED' } };
    case 'RECEIVED':
    case 'READY':
      return { type: 'OrderCancelRejected', data: { customerId, status, reason: 'ALREADY_ACCEPTED' } };
    case 'PICKED_UP':
    case 'REJECTED':
    case 'EXPIRED':
    case 'CANCELED':
    case 'CANCELED_BY_CAFE':
    case 'NOT_COLLECTED':
      return { type: 'OrderCancelRejected', data: { customerId, status, reason: 'ALREADY_ENDED' } };
    default:
      throw unreachable(status);
  }
}

type Guarded =
  | { readonly kind: Exclude<Command['kind'], 'customerCancel' | 'notCollected'> }
  | Extract<Command, { kind: 'notCollected' }>;

/** Why the state does not allow the command; null when it does. */
function stateRefusal(command: Guarded, state: Delivery, now: Date): StateRefusal | null {
  switch (command.kind) {
    case 'accept':
      if (state.status !== 'ORDER_GET') return standing(state);
      if (now < state.acceptBy) return null;
      return { code: 'ACCEPT_TIME_OVER', status: state.status, at: state.acceptBy };
    case 'reject':
      return state.status === 'ORDER_GET' ? null : standing(state);
    case 'markReady':
      return state.status === 'RECEIVED' ? null : standing(state);
    case 'handOver':
      if (state.status === 'RECEIVED') return standing(state, 'NOT_READY_YET');
      return state.status === 'READY' ? null : standing(state);
    case 'cancelByCafe':
      return state.status === 'RECEIVED' || state.status === 'READY' ? null : standing(state);
    case 'expire':
      if (state.status !== 'ORDER_GET') return standing(state);
      return now >= state.acceptBy ? null : notDue(state, state.acceptBy);
    case 'notCollected': {
      if (state.status === 'RECEIVED') return standing(state, 'NOT_READY_YET');
      if (state.status !== 'READY') return standing(state);
      const due = new Date(state.readyAt.getTime() + command.collectWithinMs);
      return now >= due ? null : notDue(state, due);
    }
    default:
      throw unreachable(command);
  }
}

const STANDING = {
  ORDER_GET: 'NOT_ACCEPTED_YET',
  RECEIVED: 'ALREADY_ACCEPTED',
  READY: 'ALREADY_READY',
  PICKED_UP: 'ALREADY_PICKED_UP',
  REJECTED: 'ALREADY_REJECTED',
  EXPIRED: 'ALREADY_EXPIRED',
  CANCELED: 'ALREADY_CANCELED',
  CANCELED_BY_CAFE: 'ALREADY_CANCELED_BY_CAFE',
  NOT_COLLECTED: 'ALREADY_NOT_COLLECTED',
} as const satisfies Record<DeliveryStatus, StateRefusalCode>;

function standing(state: Delivery, code: StateRefusalCode = STANDING[state.status]): StateRefusal {
  return { code, status: state.status, at: state.since, ...('by' in state ? { by: state.by } : {}) };
}

function notDue(state: Delivery, at: Date): StateRefusal {
  return { code: 'NOT_DUE_YET', status: state.status, at };
}

/** Typed at a counter: case and blanks around do not matter. */
function sameCode(given: string, code: string): boolean {
  return given.trim().toUpperCase() === code.toUpperCase();
}

export type Action = 'ACCEPT' | 'REJECT' | 'MARK_READY' | 'HAND_OVER' | 'CANCEL';

const ACTIONS = {
  ACCEPT: 'accept',
  REJECT: 'reject',
  MARK_READY: 'markReady',
  HAND_OVER: 'handOver',
  CANCEL: 'cancelByCafe',
} as const satisfies Record<Action, Guarded['kind']>;

/** What the café's staff may do with it now, by the same rules. */
export function availableActions(state: Delivery, now: Date): Action[] {
  return (Object.keys(ACTIONS) as Action[]).filter(
    (action) => stateRefusal({ kind: ACTIONS[action] }, state, now) === null,
  );
}
