import { account, latencies, quantile, wholeAt, type Committed } from './ledger.ts';
import type { Arrival } from './received.ts';

/** Versions 2 and 3 of two orders. */
const committed: readonly Committed[] = [
  { order: 0, version: 2, at: 100 },
  { order: 1, version: 2, at: 110 },
  { order: 0, version: 3, at: 120 },
  { order: 1, version: 3, at: 130 },
];
const arrived: readonly Arrival[] = [
  [0, 1, 50, 'new'],
  [1, 1, 51, 'new'],
  [0, 2, 105, 'next'],
  [1, 2, 111, 'next'],
  [0, 3, 127, 'next'],
  [1, 3, 131, 'next'],
];
const without = (version: number): Arrival[] =>
  arrived.filter(([client, arrivedVersion]) => client !== 0 || arrivedVersion !== version);

describe('the account of what was committed and what arrived', () => {
  it('finds nothing wrong when each version came once and in order', () => {
    expect(account(2, committed, arrived)).toEqual({ lost: 0, doubled: 0, disordered: 0 });
  });

  it('counts a version that never came as lost, in the middle and at the end', () => {
    expect(account(2, committed, without(2))).toMatchObject({ lost: 1, doubled: 0 });
    expect(account(2, committed, without(3))).toMatchObject({ lost: 1, doubled: 0 });
  });

  it('counts what a client that never got anything missed', () => {
    const ofOther = arrived.filter(([client]) => client === 1);
    expect(account(2, committed, ofOther)).toMatchObject({ lost: 2 });
  });

  it('counts a version that came again as doubled', () => {
    expect(account(2, committed, [...arrived, [0, 3, 140, 'exact']])).toEqual({ lost: 0, doubled: 1, disordered: 0 });
    expect(account(2, committed, [...arrived, [1, 2, 140, 'next']])).toEqual({ lost: 0, doubled: 1, disordered: 0 });
  });

  it('takes the present state again for no double where the client was told of it', () => {
    expect(account(2, committed, [...arrived, [0, 3, 140, 'snapshot']])).toMatchObject({ doubled: 0 });
  });

  it('still counts as lost what a present state skips', () => {
    const skipping = without(3).filter(([client, version]) => client !== 0 || version !== 2);
    expect(account(2, committed, [...skipping, [0, 3, 140, 'snapshot']])).toMatchObject({ lost: 1, doubled: 0 });
  });

  it('counts a version that came late as out of order, neither lost nor doubled', () => {
    expect(account(2, committed, [...without(2), [0, 2, 140, 'next']])).toEqual({ lost: 0, doubled: 0, disordered: 1 });
  });
});

describe('the time from a commit to its client', () => {
  it('is taken of what was committed in the window', () => {
    expect([...latencies(committed, arrived, [105, 125])]).toEqual([1, 7]);
  });

  it('has the least at share 0 and the longest at share 1', () => {
    const sorted = latencies(committed, arrived, [0, 1000]);
    expect([quantile(sorted, 0), quantile(sorted, 1)]).toEqual([1, 7]);
  });
});

describe('the moment when all are whole again', () => {
  const returned = [
    { client: 0, at: 118 },
    { client: 1, at: 125 },
  ];

  it('is when the last came back, where all had everything by then', () => {
    expect(wholeAt(returned, committed.slice(0, 2), arrived)).toBe(125);
  });

  it('waits for what was committed before the last came back, and for nothing later', () => {
    expect(wholeAt(returned, committed, arrived)).toBe(127);
  });

  it('never comes when something is missing', () => {
    expect(wholeAt(returned, committed, without(3))).toBeNaN();
  });
});
