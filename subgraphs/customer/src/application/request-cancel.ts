import { decide } from '../domain/decide.ts';
import { checkKey } from '../domain/place-input.ts';
import { keyReused, orderNotFound } from '../domain/refusal.ts';
import type { Customer } from './access.ts';
import { logChange, nextChange } from './change.ts';
import type { OrderResult } from './place-order.ts';
import type { OrderStore, World } from './ports.ts';

/** Asks the café to cancel an order. The answer comes as an event; asking again changes nothing. */
export function createRequestCancel({
  orders,
  world,
}: {
  readonly orders: Pick<OrderStore, 'byId' | 'orderOfKey' | 'saveWithKey' | 'rememberKey'>;
  readonly world: World;
}) {
  return async function requestCancel(
    customer: Customer,
    { idempotencyKey, orderId }: { readonly idempotencyKey: string; readonly orderId: string },
  ): Promise<OrderResult> {
    const wrong = checkKey(idempotencyKey);
    if (wrong.length > 0) return { order: null, refusals: wrong };
    for (;;) {
      // First the key: what a twin of this request saved under it is then in the order that is read.
      const orderOfKey = await orders.orderOfKey(customer.id, idempotencyKey);
      const order = await orders.byId(orderId);
      if (orderOfKey !== null && orderOfKey !== order?.id) return { order: null, refusals: [keyReused] };
      if (order === null) return { order: null, refusals: [orderNotFound] };
      if (orderOfKey !== null) return { order, refusals: [] };
      const now = world.now();
      const decision = decide({ type: 'RequestCancel', customerId: customer.id }, order, now);
      if ('refusals' in decision) {
        // An order of somebody else is not shown, not even to say no.
        return { order: order.customerId === customer.id ? order : null, refusals: decision.refusals };
      }
      const [event] = decision.events;
      if (event === undefined || event.type !== 'OrderCancelRequested') {
        await orders.rememberKey(order, idempotencyKey);
        return { order, refusals: [] };
      }
      const change = nextChange(order, event, now, world);
      if (await orders.saveWithKey(change, idempotencyKey)) {
        logChange(change, world);
        return { order: change.order, refusals: [] };
      }
      // Somebody was faster, the café or a twin of this request: look again.
    }
  };
}
