/** What was committed beside what arrived: nothing may be missing, come twice or come late. */
import type { Arrival } from './received.ts';

/** A version of an order, and when its commit had returned, on the shared clock. */
export interface Committed {
  readonly order: number;
  readonly version: number;
  readonly at: number;
}

export interface Account {
  /** Versions that a client never got though they came after its first. */
  readonly lost: number;
  /** Versions that a client got again. */
  readonly doubled: number;
  /** Versions that came after a later one. */
  readonly disordered: number;
}

/**
 * Client n has subscribed to order n. What it got first is where it began; each later version is due, once and in order. When
 * it is told that it goes on from the present state (`snapshot`, `expired`), that state may be one that it had.
 */
export function account(clients: number, committed: readonly Committed[], arrivals: readonly Arrival[]): Account {
  const seen = Array.from({ length: clients }, () => new Set<number>());
  const first = new Map<number, number>();
  const highest = new Map<number, number>();
  let [lost, doubled, disordered] = [0, 0, 0];
  for (const [client, version, , told] of arrivals) {
    if (!first.has(client)) first.set(client, version);
    const last = highest.get(client) ?? 0;
    if (seen[client]!.has(version)) {
      if (told !== 'snapshot' && told !== 'expired') doubled += 1;
    } else if (version < last) disordered += 1;
    seen[client]!.add(version);
    highest.set(client, Math.max(last, version));
  }
  for (const { order, version } of committed) {
    const begun = first.get(order);
    if (begun === undefined || (version > begun && !seen[order]!.has(version))) lost += 1;
  }
  return { lost, doubled, disordered };
}

const keyOf = (order: number, version: number): string => `${order} ${version}`;

/** How long each version took from its commit to its client, in ms, of those committed between two moments; sorted. */
export function latencies(
  committed: readonly Committed[],
  arrivals: readonly Arrival[],
  [from, to]: readonly [number, number],
): Float64Array {
  const wanted = new Map<string, number>();
  for (const { order, version, at } of committed) if (at >= from && at <= to) wanted.set(keyOf(order, version), at);
  const all: number[] = [];
  for (const [client, version, at] of arrivals) {
    const committedAt = wanted.get(keyOf(client, version));
    if (committedAt !== undefined) all.push(at - committedAt);
  }
  return Float64Array.from(all).toSorted();
}

/** @param sorted values @param share from 0 to 1 */
export function quantile(sorted: Float64Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

/**
 * When the last client was whole: it has come back, and has every version committed until the moment when the last of all
 * came back.
 *
 * @param returned when each client was back
 * @returns a moment on the shared clock; NaN when something never arrived
 */
export function wholeAt(
  returned: readonly { readonly client: number; readonly at: number }[],
  committed: readonly Committed[],
  arrivals: readonly Arrival[],
): number {
  const lastBack = Math.max(...returned.map(({ at }) => at));
  const arrived = new Map(arrivals.map(([client, version, at]) => [keyOf(client, version), at]));
  let whole = lastBack;
  for (const { order, version, at } of committed) {
    if (at <= lastBack) whole = Math.max(whole, arrived.get(keyOf(order, version)) ?? Number.NaN);
  }
  return whole;
}
