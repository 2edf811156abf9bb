import { decide } from '../domain/decide.ts';
import type { DeliveryEvent } from '../domain/messages.ts';
import { logChange, nextChange } from './change.ts';
import type { FollowStore, World } from './ports.ts';

/** Brings a step at the café into the order, within the transaction of the consumed event. */
export async function followDelivery(
  orders: FollowStore,
  world: World,
  orderId: string,
  event: DeliveryEvent,
): Promise<void> {
  // The most frequent one, and never of effect on an order.
  if (event.type === 'DeliveryCreated') return;
  const order = await orders.lock(orderId);
  // Not ours: a database that was set up anew reads all of history.
  if (order === null) return;
  const now = world.now();
  const decision = decide({ type: 'FollowDelivery', event }, order, now);
  const next = 'events' in decision ? decision.events[0] : undefined;
  if (next?.type !== 'OrderStatusChanged') return;
  const change = nextChange(order, next, now, world);
  if (!(await orders.save(change))) throw new Error(`order ${orderId} was changed although it is locked`);
  logChange(change, world);
}
