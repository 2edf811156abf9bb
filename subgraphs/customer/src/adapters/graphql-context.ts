import DataLoader from 'dataloader';
import { forbidden, unauthenticated } from '@cafe-for-me/lib/errors';
import type { RouterIdentity } from '@cafe-for-me/lib/router-identity';
import { callerOf, type Caller } from '@cafe-for-me/schema/caller';
import type { Customer } from '../application/access.ts';
import type { Notification, OrderReads, StatusChange } from '../application/ports.ts';
import type { Order } from '../domain/order.ts';

/** What resolvers know of the request: who asks, and how to read much at once. */
export interface Context {
  readonly caller: Caller;
  readonly orders: DataLoader<string, Order | null>;
  readonly histories: DataLoader<string, readonly StatusChange[]>;
  readonly notifications: DataLoader<string, readonly Notification[]>;
}

/** Loaders batch but don't remember: a subscription has one context for all its life, and orders change. */
const batchOnly = { cache: false, maxBatchSize: 500 };

/** All contexts share the loaders: what a thousand subscriptions look up in the same moment is one look, too. */
export function createContext(reads: OrderReads) {
  async function ordersByIds(ids: readonly string[]): Promise<(Order | null)[]> {
    const found = new Map((await reads.byIds(ids)).map((order) => [order.id, order]));
    return ids.map((id) => found.get(id.toLowerCase()) ?? null);
  }
  const loaders = {
    orders: new DataLoader(ordersByIds, batchOnly),
    histories: new DataLoader<string, readonly StatusChange[]>(
      async (ids) => groupedBy(ids, await reads.historyOf(ids)),
      batchOnly,
    ),
    notifications: new DataLoader<string, readonly Notification[]>(
      async (ids) => groupedBy(ids, await reads.notificationsOf(ids)),
      batchOnly,
    ),
  };

  return function contextOf({ claims }: RouterIdentity): Context {
    return { caller: callerOf(claims), ...loaders };
  };
}

function groupedBy<Row extends { readonly orderId: string }>(ids: readonly string[], rows: readonly Row[]): Row[][] {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const group = groups.get(row.orderId);
    if (group === undefined) groups.set(row.orderId, [row]);
    else group.push(row);
  }
  return ids.map((id) => groups.get(id) ?? []);
}

/**
 * The caller, who must be a customer.
 *
 * @throws GraphQLError UNAUTHENTICATED for nobody, FORBIDDEN for somebody else
 */
export function customerOf({ caller }: Pick<Context, 'caller'>): Customer {
  switch (caller.kind) {
    case 'customer':
      return caller;
    case 'anonymous':
      throw unauthenticated();
    case 'staff':
    case 'accountant':
      throw forbidden('Only customers have orders of their own.');
  }
}
