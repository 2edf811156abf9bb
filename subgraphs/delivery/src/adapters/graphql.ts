import { z } from 'zod';
import { boundedFirst, connection, decodeCursor } from '@cafe-for-me/lib/cursor';
import { resumeFromOf } from '@cafe-for-me/lib/live-event';
import { dateTime, safeInt } from '@cafe-for-me/lib/scalars';
import { acceptOrder } from '../application/accept-order.ts';
import { cancelByCafe } from '../application/cancel-by-cafe.ts';
import type { CafeParts } from '../application/change-cafe.ts';
import { handOver } from '../application/hand-over.ts';
import { markReady } from '../application/mark-ready.ts';
import type { DeliveryReads, LiveDeliveries } from '../application/ports.ts';
import { listCafes, readCafe } from '../application/read-cafes.ts';
import {
  actionsOf,
  deliveryOfOrder,
  listDeliveries,
  pickupCodeFor,
  readDelivery,
  watchDeliveries,
} from '../application/read-deliveries.ts';
import type { Outcome } from '../application/refusal.ts';
import { rejectOrder } from '../application/reject-order.ts';
import { saveMenuItem } from '../application/save-menu-item.ts';
import { setCafeOpen } from '../application/set-cafe-open.ts';
import type { StaffCommandParts } from '../application/staff-command.ts';
import { waitMinutes, type Cafe } from '../domain/cafe.ts';
import type { Delivery } from '../domain/delivery.ts';
import type {
  CafeResolvers,
  DeliveryResolvers,
  MutationResolvers,
  QueryResolvers,
  Resolvers,
} from '../generated/resolvers.ts';
import type { Context } from './context.ts';
import { guarded, payloadOf } from './graphql-errors.ts';

export type GraphqlParts = StaffCommandParts &
  CafeParts & { readonly reads: DeliveryReads; readonly live: LiveDeliveries };

const MAX_PAGE = 100;
const placeCursor = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const idCursor = z.string().max(200);

/** Every field of the delivery subgraph; each calls what the application has for it. */
export function createResolvers(parts: GraphqlParts): Resolvers {
  return {
    Won: safeInt({ name: 'Won' }),
    DateTime: dateTime,
    UserError: { __resolveType: (error) => (error as { __typename: 'InvalidInputError' }).__typename },
    Query: queries(parts),
    Mutation: mutations(parts),
    Subscription: {
      deliveriesChanged: {
        ...guarded({
          subscribe: async (root: unknown, { cafeId }: { cafeId: string }, { caller }: Context) =>
            watchDeliveries(parts.live, caller, cafeId, resumeFromOf(root)),
        }),
        // What is yielded is the delivery itself.
        resolve: (delivery: unknown) => delivery as Delivery,
      },
    },
    Delivery: deliveryFields(parts),
    DeliveryChange: {
      delivery: (delivery) => delivery,
      at: ({ updatedAt }) => updatedAt,
    },
    OrderLine: { total: ({ unitPrice, qty }) => unitPrice * qty },
    Order: {
      __resolveReference: ({ id }) => ({ id }),
      delivery: ({ id }, _args, { delivery, caller }) => deliveryOfOrder(delivery, caller, id),
    },
    Cafe: cafeFields(),
  };
}

function queries({ reads, cafes }: GraphqlParts): QueryResolvers {
  const fields = {
    cafe: (_root, { id }, { caller, cafe }) => readCafe(cafe, caller, id),
    cafes: async (_root, { first, after }, { caller }) => {
      const limit = boundedFirst(first, MAX_PAGE);
      const place = decodeCursor(after, idCursor) ?? '';
      return connection(
        await listCafes(cafes, caller, { after: place, limit: limit + 1 }),
        limit,
        ({ id }) => id,
        after,
      );
    },
    delivery: (_root, { orderId }, { caller, delivery }) => readDelivery(delivery, caller, orderId),
    deliveries: async (_root, { cafeId, status, first, after }, { caller }) => {
      const limit = boundedFirst(first, MAX_PAGE);
      const place = decodeCursor(after, placeCursor) ?? 0;
      const query = { cafeId, status: status ?? null, after: place, limit: limit + 1 };
      const page = connection(await listDeliveries(reads, caller, query), limit, (row) => row.place, after);
      const edges = page.edges.map(({ cursor, node }) => ({ cursor, node: node.delivery }));
      return { edges, pageInfo: page.pageInfo };
    },
  } satisfies QueryResolvers;
  return guarded(fields);
}

/** The schema's default holds for an argument that is left out; one that is null has it too. */
const DEFAULT_READY_IN_MINUTES = 10;

function mutations(parts: GraphqlParts): MutationResolvers {
  const fields = {
    acceptOrder: async (_root, { input }, { caller }) => {
      const readyInMinutes = input.readyInMinutes ?? DEFAULT_READY_IN_MINUTES;
      return deliveryPayload(await acceptOrder(parts, caller, { ...input, readyInMinutes }));
    },
    rejectOrder: async (_root, { input }, { caller }) =>
      deliveryPayload(await rejectOrder(parts, caller, { ...input, note: input.note ?? null })),
    markReady: async (_root, { input }, { caller }) => deliveryPayload(await markReady(parts, caller, input)),
    handOver: async (_root, { input }, { caller }) => deliveryPayload(await handOver(parts, caller, input)),
    cancelByCafe: async (_root, { input }, { caller }) => deliveryPayload(await cancelByCafe(parts, caller, input)),
    setCafeOpen: async (_root, { input }, { caller }) => {
      const { result, userErrors } = payloadOf<Cafe>(await setCafeOpen(parts, caller, input));
      return { cafe: result, userErrors };
    },
    saveMenuItem: async (_root, { input }, { caller }) => {
      const { result, userErrors } = payloadOf(await saveMenuItem(parts, caller, input));
      return { menuItem: result, userErrors };
    },
  } satisfies MutationResolvers;
  return guarded(fields);
}

function deliveryPayload(outcome: Outcome<Delivery>) {
  const { result, userErrors } = payloadOf(outcome);
  return { delivery: result, userErrors };
}

function deliveryFields({ now }: GraphqlParts): DeliveryResolvers {
  return {
    __resolveReference: ({ orderId }, { delivery, caller }) => deliveryOfOrder(delivery, caller, orderId),
    order: ({ orderId }) => ({ id: orderId }),
    cafe: async ({ cafeId }, _args, { cafe }) => {
      const found = await cafe(cafeId);
      if (!found) throw new Error(`The delivery's café ${cafeId} is not in the database`);
      return found;
    },
    lines: ({ lines }) => [...lines],
    queueNumber: (delivery) => ('queueNumber' in delivery ? delivery.queueNumber : null),
    readyBy: (delivery) => ('readyBy' in delivery ? delivery.readyBy : null),
    pickupCode: (delivery, _args, { caller }) => pickupCodeFor(caller, delivery),
    receivedAt: (delivery) => ('receivedAt' in delivery ? delivery.receivedAt : null),
    readyAt: (delivery) => ('readyAt' in delivery ? delivery.readyAt : null),
    availableActions: (delivery, _args, { caller }) => actionsOf(caller, delivery, now()),
  };
}

function cafeFields(): CafeResolvers {
  const references = {
    __resolveReference: ({ id }, { caller, cafe }) => readCafe(cafe, caller, id),
  } satisfies CafeResolvers;
  return {
    ...guarded(references),
    menu: ({ menu }) => [...menu],
    queueLength: ({ id }, _args, { queueLength }) => queueLength(id),
    waitMinutes: async ({ id }, _args, { queueLength }) => waitMinutes(await queueLength(id)),
  };
}
