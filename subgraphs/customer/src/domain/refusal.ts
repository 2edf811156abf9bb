import type { OrderStatus } from '@cafe-for-me/schema/events';

interface Because<Code extends string> {
  readonly code: Code;
  /** For people. */
  readonly message: string;
  /** The part of the input that it is about, outermost name first. */
  readonly path: readonly string[];
}

/** Why a command was not carried out, as the one who asked can understand and act on it. */
export type Refusal =
  | Because<'INVALID_INPUT' | 'IDEMPOTENCY_KEY_REUSED' | 'ORDER_NOT_FOUND' | 'CAFE_NOT_FOUND' | 'CAFE_CLOSED'>
  | (Because<'ITEM_NOT_FOUND' | 'ITEM_SOLD_OUT'> & { readonly product: string })
  | (Because<'PRICE_CHANGED'> & { readonly total: number })
  | (Because<'PAYMENT_DECLINED'> & { readonly reason: string })
  | (Because<'PAYMENT_UNAVAILABLE'> & { readonly retryAfterSeconds: number })
  | (Because<'CANNOT_ORDER_CANCELED'> & { readonly status: OrderStatus });

export function invalidInput(message: string, path: readonly string[]): Refusal {
  return { code: 'INVALID_INPUT', message, path };
}

export const keyReused: Refusal = {
  code: 'IDEMPOTENCY_KEY_REUSED',
  message: 'This idempotency key was used before with another input. Nothing was done.',
  path: ['input', 'idempotencyKey'],
};

export const orderNotFound: Refusal = {
  code: 'ORDER_NOT_FOUND',
  message: 'You have no such order.',
  path: ['input', 'orderId'],
};
