/** Won, as the customer saw it last. */
export interface CartLine {
  readonly product: string;
  readonly qty: number;
  readonly price: number;
}

/** What somebody means to order at one café. */
export interface Cart {
  readonly lines: readonly CartLine[];
  /** As it was typed; empty: the membership's number gets the SMS. */
  readonly phone: string;
}

export interface MenuItem {
  readonly product: string;
  readonly price: number;
  readonly available: boolean;
}

export const MAX_QTY = 99;
export const MAX_LINES = 20;

export const emptyCart: Cart = { lines: [], phone: '' };

/**
 * The cart with so many of a product, none removes it.
 *
 * @param item with its present price, won
 * @returns the same cart where there is no room for another line
 */
export function withQty(cart: Cart, { product, price }: Pick<MenuItem, 'product' | 'price'>, qty: number): Cart {
  const wanted = Math.min(MAX_QTY, Math.max(0, Math.trunc(qty)));
  if (wanted === 0) return without(cart, [product]);
  const line = { product, qty: wanted, price };
  if (cart.lines.some((one) => one.product === product)) {
    return { ...cart, lines: cart.lines.map((one) => (one.product === product ? line : one)) };
  }
  return cart.lines.length >= MAX_LINES ? cart : { ...cart, lines: [...cart.lines, line] };
}

export function without(cart: Cart, products: readonly string[]): Cart {
  return { ...cart, lines: cart.lines.filter(({ product }) => !products.includes(product)) };
}

export function qtyOf(cart: Cart, product: string): number {
  return cart.lines.find((line) => line.product === product)?.qty ?? 0;
}

/** A line as the present menu has it; `was` is the price that the customer saw, won. */
export type CheckedLine = Pick<CartLine, 'product' | 'qty'> &
  (
    | { readonly state: 'fine'; readonly price: number }
    | { readonly state: 'priceChanged'; readonly price: number; readonly was: number }
    | { readonly state: 'soldOut' | 'gone'; readonly price: number }
  );

export interface CheckedCart {
  readonly lines: readonly CheckedLine[];
  /** Won, of what can be had. */
  readonly total: number;
  /** Pieces. */
  readonly count: number;
  /** Products that are sold out, or not on the menu any more. */
  readonly missing: readonly string[];
  readonly pricesChanged: boolean;
}

/** @param menu undefined while it is not known: prices are taken as they were seen */
export function checkedCart(cart: Cart, menu: readonly MenuItem[] | undefined): CheckedCart {
  const lines = cart.lines.map(({ product, qty, price: was }): CheckedLine => {
    const item = menu?.find((one) => one.product === product);
    if (menu === undefined) return { product, qty, price: was, state: 'fine' };
    if (item === undefined) return { product, qty, price: was, state: 'gone' };
    if (!item.available) return { product, qty, price: item.price, state: 'soldOut' };
    return item.price === was
      ? { product, qty, price: was, state: 'fine' }
      : { product, qty, price: item.price, was, state: 'priceChanged' };
  });
  const orderable = lines.filter(({ state }) => state === 'fine' || state === 'priceChanged');
  return {
    lines,
    total: orderable.reduce((sum, { price, qty }) => sum + price * qty, 0),
    count: orderable.reduce((sum, { qty }) => sum + qty, 0),
    missing: lines.filter((line) => !orderable.includes(line)).map(({ product }) => product),
    pricesChanged: lines.some(({ state }) => state === 'priceChanged'),
  };
}

/** The cart after the customer has seen the present prices. */
export function withPricesSeen(cart: Cart, menu: readonly MenuItem[]): Cart {
  const priceOf = new Map(menu.map(({ product, price }) => [product, price]));
  return {
    ...cart,
    lines: cart.lines.map((line) => ({ ...line, price: priceOf.get(line.product) ?? line.price })),
  };
}

/** What was kept, as far as it reads as a cart. */
export function readCart(kept: string | undefined): Cart {
  if (kept === undefined) return emptyCart;
  try {
    const { lines, phone } = JSON.parse(kept) as Partial<Cart>;
    return {
      lines: Array.isArray(lines) ? lines.filter(isLine).slice(0, MAX_LINES) : [],
      phone: typeof phone === 'string' ? phone : '',
    };
  } catch {
    return emptyCart;
  }
}

function isLine(line: unknown): line is CartLine {
  const { product, qty, price } = (line ?? {}) as Partial<CartLine>;
  return (
    typeof product === 'string' &&
    Number.isInteger(qty) &&
    (qty ?? 0) >= 1 &&
    (qty ?? 0) <= MAX_QTY &&
    Number.isSafeInteger(price)
  );
}
