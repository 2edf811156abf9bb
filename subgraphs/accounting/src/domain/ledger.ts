import type { Envelope, OrderLine } from '@cafe-for-me/schema/events';
import { businessDateOf, type BusinessDate } from './business-day.ts';

/** What an entry says of one product. */
export interface EntryLine {
  readonly product: string;
  readonly qty: number;
  /** Won. */
  readonly amount: number;
}

interface Entry {
  /** Of the event that it was booked from: the same event is never booked twice. */
  readonly eventId: string;
  readonly orderId: string;
  readonly customerId: string;
  readonly cafeId: string;
  readonly businessDate: BusinessDate;
  readonly occurredAt: Date;
  /** Each product once; none in an entry that was booked before products were kept. */
  readonly lines: readonly EntryLine[];
}

/** What the café accepted and made. */
export interface SaleEntry extends Entry {
  readonly kind: 'SALE';
  /** Won. */
  readonly amount: number;
  readonly qty: number;
  readonly orderCount: 1;
}

/** Takes a sale back, on the day it is taken back: the same figures below zero. */
export interface CorrectionEntry extends Entry {
  readonly kind: 'CORRECTION';
  readonly amount: number;
  readonly qty: number;
  readonly orderCount: -1;
  /** Why, in the café's words; null in an entry that was booked before reasons were kept. */
  readonly reason: string | null;
}

export type LedgerEntry = SaleEntry | CorrectionEntry;

/** The entry of an accepted order, on the business day of the acceptance by the café's clock as it was then. */
export function saleOf(event: Envelope<'OrderReceived'>): SaleEntry {
  const { data } = event;
  return {
    kind: 'SALE',
    ...headOf(event),
    amount: data.total,
    qty: data.lines.reduce((sum, { qty }) => sum + qty, 0),
    orderCount: 1,
    lines: byProduct(data.lines),
  };
}

/** The entry that takes `sale` back, on the business day of the cancel. What was booked counts, not what the event says. */
export function correctionOf(event: Envelope<'OrderCanceledByCafe'>, sale: SaleEntry): CorrectionEntry {
  // 0 − x and not −x: a sale of nothing must not become −0.
  return {
    kind: 'CORRECTION',
    ...headOf(event),
    amount: 0 - sale.amount,
    qty: 0 - sale.qty,
    orderCount: -1,
    lines: sale.lines.map(({ product, qty, amount }) => ({ product, qty: 0 - qty, amount: 0 - amount })),
    reason: event.data.reason,
  };
}

/** An order may name a product more than once. */
function byProduct(lines: readonly OrderLine[]): EntryLine[] {
  const products = new Map<string, EntryLine>();
  for (const { product, qty, unitPrice } of lines) {
    const before = products.get(product) ?? { qty: 0, amount: 0 };
    products.set(product, { product, qty: before.qty + qty, amount: before.amount + qty * unitPrice });
  }
  return [...products.values()];
}

function headOf(event: Envelope<'OrderReceived'> | Envelope<'OrderCanceledByCafe'>): Omit<Entry, 'lines'> {
  const occurredAt = new Date(event.occurredAt);
  return {
    eventId: event.id,
    orderId: event.aggregateId,
    customerId: event.data.customerId,
    cafeId: event.cafeId,
    businessDate: businessDateOf(occurredAt, event.data),
    occurredAt,
  };
}
