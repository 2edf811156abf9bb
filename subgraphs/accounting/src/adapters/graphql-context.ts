import { callerOf, type Caller } from '@cafe-for-me/schema/caller';
import type { RouterIdentity } from '@cafe-for-me/lib/router-identity';
import DataLoader from 'dataloader';
import type { Books, DayKey, BookedSale } from '../application/ports.ts';
import type { Transfer } from '../domain/transfer.ts';

/** What resolvers get: who asks, and look-ups that are gathered into one query. */
export interface Context {
  readonly caller: Caller;
  readonly sales: DataLoader<string, BookedSale | undefined>;
  readonly newestTransfers: DataLoader<DayKey, Transfer | undefined>;
}

/** Look-ups are gathered but not remembered: a subscription's context lives through all of its events. */
const gatherOnly = { cache: false, maxBatchSize: 1_000 };

export function contextOf(books: Books, identity: RouterIdentity): Context {
  return {
    caller: callerOf(identity.claims),
    sales: new DataLoader(async function gatherSales(orderIds) {
      const found = new Map((await books.sales(orderIds)).map((sale) => [sale.orderId, sale]));
      return orderIds.map((orderId) => found.get(orderId));
    }, gatherOnly),
    newestTransfers: new DataLoader(async function gatherTransfers(days) {
      const found = new Map((await books.newestTransfers(days)).map((transfer) => [nameOf(transfer), transfer]));
      return days.map((day) => found.get(nameOf(day)));
    }, gatherOnly),
  };
}

function nameOf({ cafeId, businessDate }: DayKey): string {
  return `${cafeId}:${businessDate}`;
}
