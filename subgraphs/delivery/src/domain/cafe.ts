import type { CafeEventName, EventData } from '@cafe-for-me/schema/events';

export interface MenuItem {
  readonly product: string;
  /** Won, of one piece. */
  readonly price: number;
  /** False when sold out. */
  readonly available: boolean;
}

export interface Cafe {
  readonly id: string;
  readonly name: string;
  readonly open: boolean;
  readonly timeZone: string;
  readonly dayCutoffHour: number;
  /** Counts the café's events, those of its menu included. */
  readonly version: number;
  /** In the order in which products were added. */
  readonly menu: readonly MenuItem[];
}

export type CafeEvent = {
  [Name in CafeEventName]: { readonly type: Name; readonly data: EventData[Name] };
}[CafeEventName];

/** Won, of one piece. */
export const MAX_PRICE = 10_000_000;
/** Characters as people count them roughly: an emoji is one, not two. */
export const MAX_PRODUCT_LENGTH = 100;

/** The aggregate id under which a café's events travel. */
export const cafeAggregate = (cafeId: string): string => `cafe:${cafeId}`;

/** The event of a new café. */
export function decideRegister({ name, open, timeZone, dayCutoffHour }: Omit<Cafe, 'version' | 'menu'>): CafeEvent {
  return { type: 'CafeSaved', data: { name, open, timeZone, dayCutoffHour } };
}

/** Opens or closes; null when it is so already. */
export function decideOpen(cafe: Cafe, open: boolean): CafeEvent | null {
  return cafe.open === open ? null : decideRegister({ ...cafe, open });
}

/** Adds or changes a product; null when the menu says so already. */
export function decideMenuItem(cafe: Cafe, { product, price, available }: MenuItem): CafeEvent | null {
  const present = cafe.menu.find((item) => item.product === product);
  if (present?.price === price && present.available === available) return null;
  return { type: 'MenuItemSaved', data: { product, price, available } };
}

/** Minutes that the first order in an empty café takes. */
const BASE_MINUTES = 5;
/** Minutes that each order ahead adds: two people make a drink in a minute and a half. */
const MINUTES_PER_ORDER = 1.5;
/** No estimate goes beyond what staff may promise at acceptance, in minutes. */
const MAX_MINUTES = 120;

/**
 * How long a new order will take: 5 minutes for itself and 1.5 for each order ahead of it, rounded up, at most 120.
 *
 * @param queueLength orders that wait for an answer or are being made
 * @returns minutes
 */
export function waitMinutes(queueLength: number): number {
  return Math.min(MAX_MINUTES, Math.ceil(BASE_MINUTES + MINUTES_PER_ORDER * queueLength));
}
