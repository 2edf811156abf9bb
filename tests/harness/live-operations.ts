/** The four subscriptions of the graph, and what of their events says whether any is missing or repeated. */

const ORDER_FIELDS = 'orderId version status order { payment { status } delivery { status } sale { amount } }';

export const LIVE = {
  orderStatusChanged: `subscription One($id: ID!) { orderStatusChanged(orderId: $id) { ${ORDER_FIELDS} } }`,
  myOrdersChanged: `subscription Mine { myOrdersChanged { ${ORDER_FIELDS} } }`,
  deliveriesChanged: `subscription Board($cafeId: ID!) {
  deliveriesChanged(cafeId: $cafeId) { orderId version status delivery { queueNumber lines { product } } }
}`,
  accountingChanged: `subscription Sales($cafeId: ID!) {
  accountingChanged(cafeId: $cafeId) { businessDate revision salesSum salesQty orderCount }
}`,
} as const;

export type LiveField = keyof typeof LIVE;

export interface Change {
  readonly orderId?: string;
  readonly version?: number;
  readonly status?: string;
  readonly businessDate?: string;
  readonly revision?: number;
  readonly orderCount?: number;
}

export type LiveEvent = Readonly<Partial<Record<LiveField, Change>>>;

export function changeIn(event: LiveEvent): Change {
  const [change] = Object.values(event);
  if (change === undefined) throw new Error('an event without a change');
  return change;
}

/** The versions of one aggregate (an order, a day) in their order of arrival. */
export function versionsOf(events: readonly LiveEvent[], aggregate: string): number[] {
  return events.map(changeIn).flatMap((change) => {
    const of = change.orderId ?? change.businessDate;
    return of === aggregate ? [change.version ?? change.revision ?? Number.NaN] : [];
  });
}

/** What is missing, repeated or out of order: of each aggregate every version must come from its first message on, each once. */
export function wrongIn(events: readonly LiveEvent[]): string[] {
  const aggregates = new Set(events.map(changeIn).map((change) => change.orderId ?? change.businessDate ?? ''));
  return [...aggregates].flatMap((aggregate) => {
    const versions = versionsOf(events, aggregate);
    const expected = versions.map((_, index) => (versions[0] ?? 0) + index);
    return versions.join() === expected.join() ? [] : [`${aggregate}: ${versions.join()}`];
  });
}
