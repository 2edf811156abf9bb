import { boundedFirst, connection, decodeCursor } from '@cafe-for-me/lib/cursor';
import { resumeFromOf } from '@cafe-for-me/lib/live-event';
import { dateTime, safeInt } from '@cafe-for-me/lib/scalars';
import { z } from 'zod';
import type { createPlaceOrder, OrderResult } from '../application/place-order.ts';
import type { OrderReads, StatusChange } from '../application/ports.ts';
import type { createRequestCancel } from '../application/request-cancel.ts';
import type { Order } from '../domain/order.ts';
import type { Resolvers } from '../generated/resolvers.ts';
import { customerOf } from './graphql-context.ts';
import { noSuchOrder, type LiveOrders } from './live-orders.ts';
import { orderResolvers, statusChangeResolvers, userErrorResolvers } from './graphql-order.ts';

export interface GraphqlParts {
  readonly placeOrder: ReturnType<typeof createPlaceOrder>;
  readonly requestCancel: ReturnType<typeof createRequestCancel>;
  readonly reads: OrderReads;
  readonly live: LiveOrders;
}

/** The place of an order in the list of its customer's: when it was placed, then its id. */
const orderPlace = z.tuple([z.iso.datetime(), z.uuid()]);
const placeOf = ({ placedAt, id }: Order): z.output<typeof orderPlace> => [placedAt.toISOString(), id];

/** Which use case answers which field of the graph, and how their results are shown. */
export function createResolvers({ placeOrder, requestCancel, reads, live }: GraphqlParts): Resolvers {
  const payloadOf = ({ order, refusals }: OrderResult) => ({ order, userErrors: [...refusals] });

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
        subscribe: async function subscribeToOrder(root, { orderId }, context) {
          const { id: customerId } = customerOf(context);
          const resumeFrom = resumeFromOf(root);
          const changes = await live.ofOrder(orderId.toLowerCase(), customerId, resumeFrom);
          if (changes === null) throw noSuchOrder();
          return changes;
        },
        resolve: (change: StatusChange) => change,
      },
      myOrdersChanged: {
        subscribe: function subscribeToMyOrders(root, _args, context) {
          return live.ofCustomer(customerOf(context).id, resumeFromOf(root));
        },
        resolve: (change: StatusChange) => change,
      },
    },
  };
}
