import { signal, type Signal } from '@preact/signals';
import { keep, kept } from '../../shell/storage.ts';
import { emptyCart, readCart, type Cart } from './cart.ts';

const carts = new Map<string, Signal<Cart>>();

function keyOf(subject: string, cafeId: string): string {
  return `cafe.cart.${subject}.${cafeId}`;
}

/** The cart of a person at a café, the same in all of their tabs. */
export function cartOf(subject: string, cafeId: string): Cart {
  const key = keyOf(subject, cafeId);
  let cart = carts.get(key);
  if (cart === undefined) carts.set(key, (cart = signal(readCart(kept(key)))));
  return cart.value;
}

export function setCart(subject: string, cafeId: string, cart: Cart): void {
  const key = keyOf(subject, cafeId);
  keep(key, cart.lines.length === 0 && cart.phone === '' ? undefined : JSON.stringify(cart));
  const known = carts.get(key);
  if (known === undefined) carts.set(key, signal(cart));
  else known.value = cart;
}

/** After its order was placed: empty, but the phone number stays. */
export function emptyCartOf(subject: string, cafeId: string): void {
  setCart(subject, cafeId, { ...emptyCart, phone: cartOf(subject, cafeId).phone });
}

globalThis.addEventListener?.('storage', function takeOver({ key, newValue }) {
  const cart = key === null ? undefined : carts.get(key);
  if (cart !== undefined) cart.value = readCart(newValue ?? undefined);
});
