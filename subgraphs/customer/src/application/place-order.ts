import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { decidePlacing } from '../domain/decide.ts';
import type { Order } from '../domain/order.ts';
import { checkPlaceInput, type PlaceInput } from '../domain/place-input.ts';
import { keyReused, type Refusal } from '../domain/refusal.ts';
import { firstChange, logChange } from './change.ts';
import type { Customer } from './access.ts';
import type { Menus, OrderStore, Payment } from './ports.ts';
import { paymentRefusals, settleCharge, type SettleParts } from './settle-charge.ts';

export interface OrderResult {
  readonly order: Order | null;
  readonly refusals: readonly Refusal[];
}

export interface PlaceOrderParts extends SettleParts {
  readonly orders: Pick<OrderStore, 'place' | 'save' | 'byId' | 'byKey'>;
  readonly menus: Menus;
  readonly payment: Pick<Payment, 'charge'>;
  /** After this long the payment call has given up. */
  readonly paymentTimeoutMs: number;
  /** When the worker looks after a payment that this process did not finish. */
  readonly sweepAfterMs: number;
}

/** Settling is one statement after the call's end; this is its allowance. */
const SETTLE_MS = 500;

/**
 * Places an order and pays it: the order is committed first, then the provider is called outside of any transaction, then
 * the outcome is committed. A repeated key gives the first result.
 */
export function createPlaceOrder(parts: PlaceOrderParts) {
  const { orders, menus, payment, world } = parts;
  /** Requests under way in this process, by customer and key: a twin shares the result instead of asking the database. */
  const underWay = new Map<string, { readonly hash: string; readonly result: Promise<OrderResult> }>();

  async function placeOrder(customer: Customer, input: PlaceInput): Promise<OrderResult> {
    const wrong = checkPlaceInput(input);
    if (wrong.length > 0) return { order: null, refusals: wrong };
    const key = JSON.stringify([customer.id, input.idempotencyKey]);
    const hash = hashOf(input);
    for (let twin = underWay.get(key); twin !== undefined; twin = underWay.get(key)) {
      if (twin.hash === hash) return twin.result;
      // Whether the key is taken shows when the other one is done: it may be refused and leave nothing.
      await twin.result.catch(() => undefined);
    }
    const result = placeFirst(customer, input, hash).finally(() => underWay.delete(key));
    underWay.set(key, { hash, result });
    return result;
  }

  async function placeFirst(customer: Customer, input: PlaceInput, hash: string): Promise<OrderResult> {
    const orderId = world.newId();
    const smsTo = input.phone ?? customer.phone ?? `member:${customer.id}`;
    let menu = await menus.remembered(input.cafeId);
    let isFresh = false;
    for (;;) {
      const decision = decidePlacing({ type: 'PlaceOrder', orderId, customerId: customer.id, smsTo, input, menu });
      if ('events' in decision && decision.events[0] !== undefined && menu !== null) {
        const now = world.now();
        const change = firstChange(decision.events[0], now, world);
        const paymentDueAt = new Date(now.getTime() + parts.sweepAfterMs);
        const terms = {
          idempotencyKey: input.idempotencyKey,
          inputHash: hash,
          menuVersion: menu.version,
          paymentDueAt,
        };
        const placed = await orders.place(change, terms);
        if (placed === 'placed') {
          logChange(change, world);
          return pay(change.order);
        }
        if (placed === 'key-used') {
          const first = await firstResult(customer.id, input.idempotencyKey, hash);
          if (first !== null) return first;
        }
      } else if (isFresh && 'refusals' in decision) {
        // The menu may have changed since the first request with this key, whose result still holds.
        return (
          (await firstResult(customer.id, input.idempotencyKey, hash)) ?? { order: null, refusals: decision.refusals }
        );
      }
      menu = await menus.read(input.cafeId);
      isFresh = true;
    }
  }

  async function pay(order: Order): Promise<OrderResult> {
    const outcome = await payment.charge(order);
    const nextLook = new Date(world.now().getTime() + parts.sweepAfterMs);
    return resultOf(await settleCharge(parts, order, outcome, 0, nextLook));
  }

  /** What the first request with this key led to; waits while another process is still paying it. */
  async function firstResult(customerId: string, idempotencyKey: string, hash: string): Promise<OrderResult | null> {
    for (let pause = 20; ; pause = Math.min(2 * pause, 160)) {
      const first = await orders.byKey(customerId, idempotencyKey);
      if (first === null) return null;
      if (first.inputHash !== hash) return { order: null, refusals: [keyReused] };
      const { order } = first;
      const paying = world.now().getTime() < order.placedAt.getTime() + parts.paymentTimeoutMs + SETTLE_MS;
      if (order.payment !== 'CHARGING' || !paying) return resultOf(order);
      await sleep(pause);
    }
  }

  return placeOrder;
}

function resultOf(order: Order): OrderResult {
  return { order, refusals: paymentRefusals(order) };
}

/** Equal for equal inputs, whatever the order of their fields. The key itself is not part of it. */
function hashOf({ cafeId, lines, expectedTotal, phone }: PlaceInput): string {
  const canonical = JSON.stringify([cafeId, lines.map(({ product, qty }) => [product, qty]), expectedTotal, phone]);
  return createHash('sha256').update(canonical).digest('base64url');
}
