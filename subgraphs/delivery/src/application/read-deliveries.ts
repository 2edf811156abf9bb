import type { Caller } from '@cafe-for-me/schema/caller';
import type { DeliveryStatus } from '@cafe-for-me/schema/events';
import { availableActions, type Action } from '../domain/decide.ts';
import type { Delivery } from '../domain/delivery.ts';
import { AccessDenied, isStaffOf, requireSignedIn, requireStaffOf, seesDelivery, seesPickupCode } from './access.ts';
import { isId } from './input.ts';
import type { DeliveryReads, LiveDeliveries, PlacedDelivery } from './ports.ts';

/** Reads one delivery, perhaps together with others that are asked for at the same time. */
export type LoadDelivery = (orderId: string) => Promise<Delivery | null>;

const ALL: readonly DeliveryStatus[] = [
  'ORDER_GET',
  'RECEIVED',
  'READY',
  'PICKED_UP',
  'REJECTED',
  'EXPIRED',
  'CANCELED',
  'CANCELED_BY_CAFE',
  'NOT_COLLECTED',
];

/**
 * The delivery of an order, for the staff of its café and for its customer. A customer learns nothing of others' orders,
 * not even that they are there.
 *
 * @throws AccessDenied for staff of another café, and for accountants
 */
export async function readDelivery(load: LoadDelivery, caller: Caller, orderId: string): Promise<Delivery | null> {
  const { kind } = requireSignedIn(caller);
  if (kind === 'accountant') throw new AccessDenied('forbidden', 'This is for the customer and the staff of the café.');
  const delivery = isId(orderId) ? await load(orderId) : null;
  if (!delivery) return null;
  if (kind === 'staff') requireStaffOf(caller, delivery.cafeId);
  return seesDelivery(caller, delivery) ? delivery : null;
}

/** The delivery as a part of another answer: null for whoever may not see it. */
export async function deliveryOfOrder(load: LoadDelivery, caller: Caller, orderId: string): Promise<Delivery | null> {
  if (caller.kind === 'anonymous' || !isId(orderId)) return null;
  const delivery = await load(orderId);
  return delivery && seesDelivery(caller, delivery) ? delivery : null;
}

/**
 * The deliveries of a café, oldest first.
 *
 * @throws AccessDenied for all but its staff
 */
export async function listDeliveries(
  reads: DeliveryReads,
  caller: Caller,
  query: {
    readonly cafeId: string;
    readonly status: readonly DeliveryStatus[] | null;
    readonly after: number;
    readonly limit: number;
  },
): Promise<PlacedDelivery[]> {
  requireStaffOf(caller, query.cafeId);
  if (!isId(query.cafeId)) return [];
  return reads.list({ ...query, status: query.status === null ? ALL : [...new Set(query.status)] });
}

/**
 * The deliveries of a café as they change: first each unfinished one as it is.
 *
 * @throws AccessDenied for all but its staff
 */
export function watchDeliveries(
  live: LiveDeliveries,
  caller: Caller,
  cafeId: string,
  resumeFrom: string | undefined,
): ReturnType<LiveDeliveries['watch']> {
  requireStaffOf(caller, cafeId);
  return live.watch(cafeId, resumeFrom);
}

/** What the caller may do with the delivery now; nothing, but for the staff of its café. */
export function actionsOf(caller: Caller, delivery: Delivery, now: Date): Action[] {
  return isStaffOf(caller, delivery) ? availableActions(delivery, now) : [];
}

/** The pickup code as far as there is one and the caller is to know it. */
export function pickupCodeFor(caller: Caller, delivery: Delivery): string | null {
  return seesPickupCode(caller, delivery) && 'pickupCode' in delivery ? (delivery.pickupCode ?? null) : null;
}
