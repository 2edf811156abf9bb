import { isOpen, readPlacement, SENT_UNASKED, step, type Placement, type Placing } from './placing.ts';

const placement: Placement = {
  key: 'k1',
  cafeId: '92',
  lines: [{ product: 'IceAmericano', qty: 2 }],
  expectedTotal: 4_000,
  phone: null,
  at: 1_000,
};
const none: Placing = { state: 'none' };
const sending: Placing = { state: 'sending', placement, again: false };
const unreachable = { kind: 'unreachable' } as const;
const priceChanged = { code: 'PRICE_CHANGED', message: '', path: [], total: 5_000 };

describe('Placing an order', () => {
  it('is on its way once it is begun, and a second click changes nothing', () => {
    const begun = step(none, { type: 'begun', placement });
    expect(begun).toEqual(sending);
    expect(step(begun, { type: 'begun', placement: { ...placement, key: 'k2' } })).toBe(begun);
  });

  it('is placed by an answer with an order, refused by one with refusals even beside an order', () => {
    expect(step(sending, { type: 'answered', answer: { orderId: 'o1', refusals: [] }, now: 2 })).toEqual({
      state: 'placed',
      placement,
      orderId: 'o1',
    });
    const refused = step(sending, { type: 'answered', answer: { orderId: 'o1', refusals: [priceChanged] }, now: 2 });
    expect(refused).toEqual({ state: 'refused', placement, refusals: [priceChanged], at: 2 });
    expect(step(refused, { type: 'begun', placement: { ...placement, key: 'k2' } })).toMatchObject({
      state: 'sending',
      placement: { key: 'k2' },
    });
  });

  it('says when a try got no answer, and is unknown after the last', () => {
    const again = step(sending, { type: 'triedAgain' });
    expect(again).toEqual({ ...sending, again: true });
    expect(step(again, { type: 'triedAgain' })).toBe(again);
    const unknown = step(again, { type: 'unanswered', problem: unreachable });
    expect(unknown).toEqual({ state: 'unknown', placement, problem: unreachable });
    expect(step(unknown, { type: 'begun', placement: { ...placement, key: 'k2' } })).toBe(unknown);
    expect(step(unknown, { type: 'sentAgain' })).toEqual({ ...sending, again: true });
  });

  it('is unknown after an answer that says nothing', () => {
    expect(step(sending, { type: 'answered', answer: { orderId: undefined, refusals: [] }, now: 2 }).state).toBe(
      'unknown',
    );
  });

  it('goes on by itself after a reload, and asks first when that was long ago', () => {
    const soon = placement.at + SENT_UNASKED;
    expect(step(none, { type: 'found', placement, now: soon })).toEqual(sending);
    const left = step(none, { type: 'found', placement, now: soon + 1 });
    expect(left).toEqual({ state: 'left', placement });
    expect(step(left, { type: 'sentAgain' })).toEqual(sending);
    expect(step(left, { type: 'dismissed' })).toEqual(none);
  });

  it('can not be dismissed while it is on its way, and a late answer changes nothing', () => {
    expect(step(sending, { type: 'dismissed' })).toBe(sending);
    expect(step(none, { type: 'answered', answer: { orderId: 'o1', refusals: [] }, now: 2 })).toBe(none);
    expect(step(none, { type: 'unanswered', problem: unreachable })).toBe(none);
  });

  it('is open until it is answered', () => {
    expect([none, sending].map(isOpen)).toEqual([false, true]);
    expect(isOpen({ state: 'placed', placement, orderId: 'o1' })).toBe(false);
  });

  it('is read back from where it was kept', () => {
    expect(readPlacement(JSON.stringify(placement))).toEqual(placement);
    expect([undefined, 'no', 'null', '{}', '{"key":"k"}'].map(readPlacement)).toEqual(Array(5).fill(undefined));
  });
});
