import { cafeSideOf, cancelWasRefused, hasEnded, isIncomplete, newer, type WholeOrder } from './order.ts';
import { toldIn } from './told.ts';

const cafe = { name: 'Café For Me Gangnam', timeZone: 'Asia/Seoul', waitMinutes: 8 };
const delivery = { queueNumber: 14, readyBy: '2020-05-14T06:05:00.000Z', pickupCode: null };

function order(given: Partial<WholeOrder> = {}): WholeOrder {
  return {
    id: 'o1',
    status: 'ACCEPTED',
    version: 3,
    total: 4_000,
    placedAt: '2020-05-14T05:50:00.000Z',
    place: { id: '92' },
    cafe,
    lines: [],
    payment: { status: 'CHARGED', amount: 4_000, refunded: 0, failureReason: null },
    cancellation: { allowed: false, until: null },
    history: [],
    notifications: [],
    delivery,
    ...given,
  };
}

function history(...steps: [WholeOrder['status'], string][]): WholeOrder['history'] {
  return steps.map(([status, message], index) => ({
    version: index + 1,
    status,
    message,
    at: '2020-05-14T05:50:00.000Z',
  }));
}

describe('The newer state of an order', () => {
  it('is never an older one', () => {
    const last = order();
    expect(newer(last, order({ version: 2, status: 'PLACED' }))).toBe(last);
    expect(newer(last, order({ version: 4, status: 'READY' })).status).toBe('READY');
    expect(newer(undefined, last)).toBe(last);
  });

  it('is taken at the same version, too, since SMS and payment move without one', () => {
    const told = order({ notifications: [{ id: 'n1', text: 'paid', status: 'SENT', sentAt: null }] });
    expect(newer(order(), told)).toEqual(told);
  });

  it('keeps what the café said before it stopped to answer', () => {
    const next = newer(order(), order({ version: 4, status: 'READY', cafe: null, delivery: null }));
    expect(next).toMatchObject({ status: 'READY', cafe, delivery });
  });

  it('takes nothing over from another order', () => {
    const other = order({ id: 'o2', version: 1, delivery: null });
    expect(newer(order(), other)).toBe(other);
  });
});

describe('What is known of the café’s side', () => {
  it('comes from the café, else from what it said', () => {
    const said = history(['ACCEPTED', 'accepted, no. 14'], ['READY', 'ready, code 4F2']);
    expect(cafeSideOf(order({ history: said }))).toEqual({
      queueNumber: 14,
      pickupCode: '4F2',
      readyBy: delivery.readyBy,
    });
    expect(cafeSideOf(order({ history: said, delivery: null }))).toEqual({ queueNumber: 14, pickupCode: '4F2' });
  });

  it('holds the reason of a rejection and of a canceling', () => {
    expect(toldIn(['paid', 'rejected, refunded: sold out'])).toEqual({ reason: 'sold out' });
    expect(toldIn(['canceled, refunded: the machine: broken'])).toEqual({ reason: 'the machine: broken' });
    expect(toldIn(['canceled, refunded', 'no answer, refunded'])).toEqual({});
  });
});

describe('An order', () => {
  it('has ended or not', () => {
    expect([hasEnded('READY'), hasEnded('PICKED_UP'), hasEnded('PAYMENT_FAILED')]).toEqual([false, true, true]);
  });

  it('tells a cancel that came too late', () => {
    const late = history(['PLACED', ''], ['CANCEL_REQUESTED', ''], ['ACCEPTED', 'too late, being made']);
    expect(cancelWasRefused(order({ history: late }))).toBe(true);
    expect(cancelWasRefused(order({ history: late.slice(0, 2), status: 'CANCEL_REQUESTED' }))).toBe(false);
    expect(cancelWasRefused(order({ history: history(['PLACED', ''], ['ACCEPTED', '']) }))).toBe(false);
  });

  it('is incomplete while a bank, an SMS or another service is awaited', () => {
    expect(isIncomplete(order())).toBe(false);
    const pending = { id: 'n1', text: 'paid', status: 'PENDING', sentAt: null } as const;
    const refunding = { status: 'REFUNDING', amount: 1, refunded: 0, failureReason: null } as const;
    expect(isIncomplete(order({ notifications: [pending] }))).toBe(true);
    expect(isIncomplete(order({ cafe: null }))).toBe(true);
    expect(isIncomplete(order({ delivery: null }))).toBe(true);
    expect(isIncomplete(order({ status: 'PLACED', delivery: null }))).toBe(false);
    expect(isIncomplete(order({ status: 'REJECTED', payment: refunding }))).toBe(true);
  });
});
