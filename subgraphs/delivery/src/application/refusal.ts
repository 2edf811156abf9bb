import type { Refusal } from '../domain/decide.ts';

/** What the caller can act on, beside the domain's refusals. `path` leads to the part of the input. */
export interface InputRefusal {
  readonly code: 'INVALID_INPUT' | 'ORDER_NOT_FOUND' | 'IDEMPOTENCY_KEY_REUSED';
  readonly message: string;
  readonly path: readonly string[];
}

export type UserRefusal = Refusal | InputRefusal;

/** A command's result: what came of it, or why nothing was done. */
export type Outcome<Result> = { readonly done: Result } | { readonly refused: UserRefusal };

export function invalid(field: string, message: string): InputRefusal {
  return { code: 'INVALID_INPUT', message, path: ['input', field] };
}

export function orderNotFound(): InputRefusal {
  return { code: 'ORDER_NOT_FOUND', message: 'There is no such order at a café.', path: ['input', 'orderId'] };
}

export function keyReused(): InputRefusal {
  const message = 'The idempotency key was used before with another input. Nothing was done.';
  return { code: 'IDEMPOTENCY_KEY_REUSED', message, path: ['input', 'idempotencyKey'] };
}
