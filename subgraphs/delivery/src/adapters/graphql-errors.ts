import { forbidden, unauthenticated } from '@cafe-for-me/lib/errors';
import { AccessDenied } from '../application/access.ts';
import type { Outcome, UserRefusal } from '../application/refusal.ts';
import type { StateRefusalCode } from '../domain/decide.ts';
import { unreachable } from '../domain/unreachable.ts';
import type {
  DeliveryStateError,
  IdempotencyKeyReusedError,
  InvalidInputError,
  OrderNotFoundError,
  WrongPickupCodeError,
} from '../generated/resolvers.ts';

type UserErrorOf<T extends { __typename?: string }> = T & Required<Pick<T, '__typename'>>;

export type UserErrorObject =
  | UserErrorOf<InvalidInputError>
  | UserErrorOf<IdempotencyKeyReusedError>
  | UserErrorOf<OrderNotFoundError>
  | UserErrorOf<WrongPickupCodeError>
  | UserErrorOf<DeliveryStateError>;

const STATE_MESSAGES: Record<StateRefusalCode, string> = {
  ALREADY_ACCEPTED: 'The order has been accepted already.',
  ALREADY_REJECTED: 'The order has been rejected.',
  ALREADY_READY: 'The order is ready already.',
  ALREADY_PICKED_UP: 'The order has been picked up.',
  ALREADY_CANCELED: 'The customer has canceled the order.',
  ALREADY_CANCELED_BY_CAFE: 'The café has canceled the order.',
  ALREADY_EXPIRED: 'The order expired without an answer.',
  ALREADY_NOT_COLLECTED: 'Nobody fetched the order in time.',
  NOT_ACCEPTED_YET: 'The order has not been accepted yet.',
  NOT_READY_YET: 'The order is not ready yet.',
  ACCEPT_TIME_OVER: 'The time to accept the order is over.',
  NOT_DUE_YET: 'It is not time for this yet.',
};

/** A refusal as the client sees it. */
export function userErrorOf(refusal: UserRefusal): UserErrorObject {
  if ('status' in refusal) {
    const { code, status, at, by = null } = refusal;
    const path = ['input', 'orderId'];
    return { __typename: 'DeliveryStateError', code, message: STATE_MESSAGES[code], path, status, at, by };
  }
  switch (refusal.code) {
    case 'INVALID_INPUT':
      return { __typename: 'InvalidInputError', ...refusal, path: [...refusal.path] };
    case 'IDEMPOTENCY_KEY_REUSED':
      return { __typename: 'IdempotencyKeyReusedError', ...refusal, path: [...refusal.path] };
    case 'ORDER_NOT_FOUND':
      return { __typename: 'OrderNotFoundError', ...refusal, path: [...refusal.path] };
    case 'WRONG_PICKUP_CODE': {
      const message = "The pickup code is not this order's.";
      return { __typename: 'WrongPickupCodeError', code: refusal.code, message, path: ['input', 'pickupCode'] };
    }
    default:
      throw unreachable(refusal);
  }
}

/** A mutation's two fields: what came of it, and what the caller can act on. */
export function payloadOf<Result>(outcome: Outcome<Result>): { result: Result | null; userErrors: UserErrorObject[] } {
  if ('done' in outcome) return { result: outcome.done, userErrors: [] };
  return { result: null, userErrors: [userErrorOf(outcome.refused)] };
}

type Resolve = (...args: never[]) => unknown;

/** Turns AccessDenied, thrown by any of these resolvers, into the error that the client knows. */
export function guarded<Fields extends Record<string, Resolve>>(fields: Fields): Fields {
  const wrapped = Object.entries(fields).map(([name, resolve]) => [
    name,
    async function guardedResolve(...args: never[]): Promise<unknown> {
      try {
        return await resolve(...args);
      } catch (error) {
        if (!(error instanceof AccessDenied)) throw error;
        throw error.kind === 'unauthenticated' ? unauthenticated(error.message) : forbidden(error.message);
      }
    },
  ]);
  return Object.fromEntries(wrapped) as Fields;
}
