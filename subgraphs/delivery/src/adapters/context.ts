import DataLoader from 'dataloader';
import type { Caller } from '@cafe-for-me/schema/caller';
import type { LoadCafe } from '../application/read-cafes.ts';
import type { LoadDelivery } from '../application/read-deliveries.ts';
import type { Cafes, DeliveryReads } from '../application/ports.ts';

/** What resolvers get beside their arguments; one per request, one per subscription. */
export interface Context {
  readonly caller: Caller;
  readonly delivery: LoadDelivery;
  readonly cafe: LoadCafe;
  readonly queueLength: (cafeId: string) => Promise<number>;
}

export interface Reads {
  readonly deliveries: Pick<DeliveryReads, 'find' | 'queueLengths'>;
  readonly cafes: Pick<Cafes, 'find'>;
}

/** Reads asked for in the same moment become one statement each. */
export function createContext({ deliveries, cafes }: Reads, caller: Caller): Context {
  const delivery = batched(async (ids) => byId(await deliveries.find(ids), ({ orderId }) => orderId));
  const cafe = batched(async (ids) => byId(await cafes.find(ids), ({ id }) => id));
  const queueLength = batched(async (ids) => deliveries.queueLengths(ids));
  return {
    caller,
    delivery,
    cafe,
    queueLength: async (cafeId) => (await queueLength(cafeId)) ?? 0,
  };
}

/** Nothing is kept: a subscription's context lives for hours, and a request has no use for a second look. */
function batched<Value>(
  find: (ids: readonly string[]) => Promise<ReadonlyMap<string, Value>>,
): (id: string) => Promise<Value | null> {
  const loader = new DataLoader<string, Value | null>(
    async (ids) => {
      const found = await find([...new Set(ids)]);
      return ids.map((id) => found.get(id) ?? null);
    },
    { cache: false, maxBatchSize: 500 },
  );
  return (id) => loader.load(id);
}

function byId<Value>(values: readonly Value[], idOf: (value: Value) => string): ReadonlyMap<string, Value> {
  return new Map(values.map((value) => [idOf(value), value]));
}
