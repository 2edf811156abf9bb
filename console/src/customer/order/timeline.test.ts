import type { WholeOrder } from './order.ts';
import { timelineOf } from './timeline.ts';

type Status = WholeOrder['status'];

const placedAt = '2020-05-14T05:50:00.000Z';
const minute = (count: number) => `2020-05-14T05:5${count}:00.000Z`;

function steps(payment: WholeOrder['payment']['status'], ...past: Status[]): string[] {
  const history = past.map((status, index) => ({ version: index + 1, status, message: '', at: minute(index) }));
  const status = past.at(-1)!;
  return timelineOf({
    status,
    placedAt,
    history,
    payment: { status: payment, amount: 1, refunded: 0, failureReason: null },
  }).map(({ name, state, at }) => [name, state, at?.slice(14, 16)].filter(Boolean).join(' '));
}

describe('The timeline of an order', () => {
  it('goes from the order to the cup in the hand', () => {
    expect(steps('CHARGING', 'PENDING_PAYMENT')).toEqual([
      'ordered done 50',
      'paying now',
      'accepted next',
      'ready next',
      'pickedUp next',
    ]);
    expect(steps('CHARGED', 'PENDING_PAYMENT', 'PLACED').slice(1)).toEqual([
      'paid done 51',
      'waiting now',
      'ready next',
      'pickedUp next',
    ]);
    expect(steps('CHARGED', 'PENDING_PAYMENT', 'PLACED', 'ACCEPTED').slice(2)).toEqual([
      'accepted done 52',
      'making now',
      'ready next',
      'pickedUp next',
    ]);
    expect(steps('CHARGED', 'PENDING_PAYMENT', 'PLACED', 'ACCEPTED', 'READY').slice(3)).toEqual([
      'ready now 53',
      'pickedUp next',
    ]);
    expect(steps('CHARGED', 'PENDING_PAYMENT', 'PLACED', 'ACCEPTED', 'READY', 'PICKED_UP').slice(3)).toEqual([
      'ready done 53',
      'pickedUp done 54',
    ]);
  });

  it('says that the bank is silent, and that it said no', () => {
    expect(steps('UNKNOWN', 'PENDING_PAYMENT')[1]).toBe('bankSilent now');
    expect(steps('FAILED', 'PENDING_PAYMENT', 'PAYMENT_FAILED')).toEqual(['ordered done 50', 'notPaid ended 51']);
  });

  it.each([
    ['REJECTED', 'rejected'],
    ['EXPIRED', 'expired'],
    ['CANCELED', 'canceled'],
  ] as const)('ends with %s, and the money on its way back', (status, name) => {
    expect(steps('REFUNDING', 'PENDING_PAYMENT', 'PLACED', status).slice(2)).toEqual([
      `${name} ended 52`,
      'refunding now',
    ]);
    expect(steps('REFUNDED', 'PENDING_PAYMENT', 'PLACED', status, status).slice(2)).toEqual([
      `${name} ended 52`,
      'refunded done 53',
    ]);
  });

  it('keeps what was done before the café canceled or nobody came', () => {
    expect(steps('REFUNDED', 'PENDING_PAYMENT', 'PLACED', 'ACCEPTED', 'CANCELED_BY_CAFE').slice(2)).toEqual([
      'accepted done 52',
      'canceledByCafe ended 53',
      'refunded done 53',
    ]);
    expect(steps('CHARGED', 'PENDING_PAYMENT', 'PLACED', 'ACCEPTED', 'READY', 'NOT_COLLECTED').slice(2)).toEqual([
      'accepted done 52',
      'ready done 53',
      'notCollected ended 54',
    ]);
  });

  it('stands still while a cancel is asked for', () => {
    expect(steps('CHARGED', 'PENDING_PAYMENT', 'PLACED', 'CANCEL_REQUESTED').slice(1)).toEqual([
      'paid done 51',
      'cancelRequested now 52',
    ]);
  });
});
