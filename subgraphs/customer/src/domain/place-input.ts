import { invalidInput, type Refusal } from './refusal.ts';

/** What a customer sends to place an order. Prices are not among it: they come from the menu. */
export interface PlaceInput {
  readonly idempotencyKey: string;
  readonly cafeId: string;
  readonly lines: readonly { readonly product: string; readonly qty: number }[];
  /** Won: what the customer was shown. */
  readonly expectedTotal: number | null;
  readonly phone: string | null;
}

export const MAX_LINES = 20;
export const MAX_QTY = 99;
export const MAX_PRODUCT_LENGTH = 100;
export const MAX_KEY_LENGTH = 200;

/** Digits with the marks that people put between them; 7 to 15 digits are a phone number (E.164). */
const PHONE = /^\+?\(?\d(?:[ ().-]{0,2}\d){6,14}$/;

/** Whether PostgreSQL takes it as text: a NUL and half a surrogate pair have no place there. */
function isStorable(text: string): boolean {
  return !text.includes('\0') && !/\p{Surrogate}/u.test(text);
}

/** A text's length as people count it: an emoji beyond the basic plane is one. */
function lengthOf(text: string): number {
  return Array.from(text).length;
}

/** Checks a client's idempotency key: 1 to 200 characters. */
export function checkKey(key: string): readonly Refusal[] {
  const fits = key.length > 0 && key.length <= 2 * MAX_KEY_LENGTH && lengthOf(key) <= MAX_KEY_LENGTH && isStorable(key);
  return fits
    ? []
    : [invalidInput(`The idempotency key must have 1 to ${MAX_KEY_LENGTH} characters.`, ['input', 'idempotencyKey'])];
}

/** Everything about the input that is wrong in itself, whatever the menu says; empty when it is fine. */
export function checkPlaceInput(input: PlaceInput): readonly Refusal[] {
  const { lines } = input;
  const refusals = [...checkKey(input.idempotencyKey)];
  if (input.cafeId.length > 100 || !isStorable(input.cafeId)) refusals.push(cafeNotFound);
  if (lines.length < 1 || lines.length > MAX_LINES) {
    refusals.push(invalidInput(`An order has 1 to ${MAX_LINES} lines, not ${lines.length}.`, ['input', 'lines']));
  } else {
    refusals.push(...lines.flatMap(checkLine));
  }
  if (input.expectedTotal !== null && input.expectedTotal < 0) {
    refusals.push(invalidInput('The expected total must not be negative.', ['input', 'expectedTotal']));
  }
  if (input.phone !== null && !PHONE.test(input.phone)) {
    refusals.push(
      invalidInput('The phone number must have 7 to 15 digits, e.g. +82 10-1234-5678.', ['input', 'phone']),
    );
  }
  return refusals;
}

function checkLine({ product, qty }: PlaceInput['lines'][number], index: number): Refusal[] {
  const path = (field: string): string[] => ['input', 'lines', String(index), field];
  const refusals: Refusal[] = [];
  if (product.length === 0 || product.length > 2 * MAX_PRODUCT_LENGTH || lengthOf(product) > MAX_PRODUCT_LENGTH) {
    refusals.push(invalidInput(`A product's name has 1 to ${MAX_PRODUCT_LENGTH} characters.`, path('product')));
  } else if (!isStorable(product)) {
    refusals.push(invalidInput("A product's name must be well-formed text.", path('product')));
  }
  if (!Number.isInteger(qty) || qty < 1 || qty > MAX_QTY) {
    refusals.push(invalidInput(`The quantity must be from 1 to ${MAX_QTY}, not ${qty}.`, path('qty')));
  }
  return refusals;
}

export const cafeNotFound: Refusal = {
  code: 'CAFE_NOT_FOUND',
  message: 'There is no such café.',
  path: ['input', 'cafeId'],
};
