import { boundedFirst, connection, decodeCursor } from '@cafe-for-me/lib/cursor';
import { forbidden } from '@cafe-for-me/lib/errors';
import { liveVersions, type Feed, type LiveVersions } from '@cafe-for-me/lib/feed';
import { dateTime, safeInt } from '@cafe-for-me/lib/scalars';
import { z } from 'zod';
import { customerFeedKey, orderFeedKey, statusChangeOf } from '../application/live-orders.ts';
import type { createPlaceOrder, OrderResult } from '../application/place-order.ts';
import type { OrderReads, StatusChange } from '../application/ports.ts';
import type { createRequestCancel } from '../application/request-cancel.ts';
import type { Order } from '../domain/order.ts';
import type { Resolvers } from '../generated/resolvers.ts';
import { customerOf } from './graphql-context.ts';
import { orderResolvers, statusChangeResolvers, userErrorResolvers } from './graphql-order.ts';

export interface GraphqlParts {
  readonly placeOrder: ReturnType<typeof createPlaceOrder>;
  readonly requestCancel: ReturnType<typeof createRequestCancel>;
  readonly reads: OrderReads;
  readonly feed: Pick<Feed, 'subscribe'>;
}

/** The place of an order in the list of its customer's: when it was placed, then its id. */
const orderPlace = z.tuple([z.iso.datetime(), z.uuid()]);
const placeOf = ({ placedAt, id }: Order): z.output<typeof orderPlace> => [placedAt.toISOString(), id];

/** Which use case answers which field of the graph, and how their results are shown. */
export function createResolvers({ placeOrder, requestCancel, reads, feed }: GraphqlParts): Resolvers {
  const payloadOf = ({ order, refusals }: OrderResult) => ({ order, userErrors: [...refusals] });

  /** The states that are there, then each later one once and in order. */
  function live(key: string, snapshot: () => Promise<readonly StatusChange[]>): LiveVersions<StatusChange> {
    return liveVersions<StatusChange>({
      subscribe: () => feed.subscribe(key),
      snapshot,
      versionOf: ({ orderId, version }) => ({ aggregateId: orderId, version }),
      missing: reads.historyBetween,
      stateOf: statusChangeOf,
    });
  }

  return {
    Won: safeInt({ name: 'Won' }),
    DateTime: dateTime,
    Order: orderResolvers,
    OrderStatusChange: statusChangeResolvers,
    UserError: userErrorResolvers,
    Query: {
      order: async function queryOrder(_parent, { id }, context) {
        const { id: customerId } = customerOf(context);
        const order = await context.orders.load(id);
        return order?.customerId === customerId ? order : null;
      },
      orders: async function queryOrders(_parent, args, context) {
        const { id: customerId } = customerOf(context);
        const first = boundedFirst(args.first);
        const place = decodeCursor(args.after, orderPlace);
        const after = place && { placedAt: new Date(place[0]), id: place[1] };
        const statuses = args.status ?? undefined;
        const orders = await reads.ofCustomer(customerId, { limit: first + 1, after, statuses });
        return connection(orders, first, placeOf, args.after);
      },
      orderStatus: async function queryOrderStatus(_parent, { orderId }, context) {
        return reads.statusOf(orderId, customerOf(context).id);
      },
    },
    Mutation: {
      placeOrder: async function mutatePlaceOrder(_parent, { input }, context) {
        const { expectedTotal = null, phone = null, cafeId = '92', ...rest } = input;
        return payloadOf(await placeOrder(customerOf(context), { ...rest, cafeId, expectedTotal, phone }));
      },
      requestOrderCancel: async function mutateRequestCancel(_parent, { input }, context) {
        return payloadOf(await requestCancel(customerOf(context), input));
      },
    },
    Subscription: {
      orderStatusChanged: {
        subscribe: async function subscribeToOrder(_parent, { orderId }, context) {
          const { id: customerId } = customerOf(context);
          const order = await context.orders.load(orderId);
          // The same answer for an order of somebody else and for none.
          if (order?.customerId !== customerId) throw forbidden('You have no such order.');
          return live(orderFeedKey(order.id), async function presentState() {
            const { version } = (await context.orders.load(order.id)) ?? order;
            return reads.historyBetween(order.id, version, version);
          });
        },
        resolve: (change: StatusChange) => change,
      },
      myOrdersChanged: {
        subscribe: function subscribeToMyOrders(_parent, _args, context) {
          const { id: customerId } = customerOf(context);
          return live(customerFeedKey(customerId), () => reads.openOf(customerId));
        },
        resolve: (change: StatusChange) => change,
      },
    },
  };
}
