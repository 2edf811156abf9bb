import { decide, decidePlacing, type OrderCommand } from './decide.ts';
import { evolve } from './evolve.ts';
import { acceptBy, acceptWithinMs, input, later, menu, orders, steps } from '../testing/fixtures.ts';
import { smsOf } from './messages.ts';
import { hasEnded, type Order, type OrderStatus } from './order.ts';
import type { PlaceInput } from './place-input.ts';

/** The order, the event and the SMS after a command; the order alone when nothing happens. */
function outcome(command: OrderCommand, order: Order) {
  const decision = decide(command, order, later);
  if ('refusals' in decision) return decision;
  const [event, ...more] = decision.events;
  expect(more).toEqual([]);
  if (event === undefined || event.type === 'OrderPlaced') return { order };
  const next = evolve(order, event, later);
  return event.type === 'PaymentUnknown' ? { order: next } : { order: next, event, sms: smsOf(event)?.text ?? null };
}

const follow = (step: keyof typeof steps, order: Order) =>
  outcome({ type: 'FollowDelivery', event: steps[step] }, order);
const place = (change: Partial<PlaceInput>, cafe: typeof menu | null = menu) =>
  decidePlacing({
    type: 'PlaceOrder',
    orderId: 'o',
    customerId: 'alice',
    smsTo: 's',
    input: { ...input, ...change },
    menu: cafe,
  });
const manyLines = (length: number) => Array.from({ length }, () => ({ product: 'Latte', qty: 1 }));
const codesOf = (decision: ReturnType<typeof place>) =>
  'refusals' in decision ? decision.refusals.map(({ code, path }) => `${code} ${path.join('.')}`) : [];

describe('Placing an order', () => {
  it('takes the price of each line from the menu and multiplies it by the quantity', () => {
    const lines = [
      { product: 'IceAmericano', qty: 3 },
      { product: 'Latte', qty: 1 },
    ];
    expect(place({ lines, expectedTotal: 9500 })).toMatchObject({
      events: [
        {
          type: 'OrderPlaced',
          data: { status: 'PENDING_PAYMENT', total: 9500, lines: [{ unitPrice: 2000 }, { unitPrice: 3500 }] },
        },
      ],
    });
  });

  it('keeps lines of the same product apart, as they were ordered', () => {
    const line = { product: 'Latte', qty: 1 };
    expect(place({ lines: [line, line] })).toMatchObject({ events: [{ data: { total: 7000, lines: [line, line] } }] });
  });

  it.each<[string, Partial<PlaceInput>]>([
    ['INVALID_INPUT input.idempotencyKey', { idempotencyKey: '' }],
    ['INVALID_INPUT input.idempotencyKey', { idempotencyKey: 'k'.repeat(201) }],
    ['INVALID_INPUT input.idempotencyKey', { idempotencyKey: 'a\0b' }],
    ['INVALID_INPUT input.lines', { lines: [] }],
    ['INVALID_INPUT input.lines', { lines: manyLines(21) }],
    ['INVALID_INPUT input.lines', { lines: manyLines(10_000) }],
    ['INVALID_INPUT input.lines.0.qty', { lines: [{ product: 'Latte', qty: 0 }] }],
    ['INVALID_INPUT input.lines.0.qty', { lines: [{ product: 'Latte', qty: -1 }] }],
    ['INVALID_INPUT input.lines.0.qty', { lines: [{ product: 'Latte', qty: 1e9 }] }],
    ['INVALID_INPUT input.lines.0.product', { lines: [{ product: '', qty: 1 }] }],
    ['INVALID_INPUT input.lines.0.product', { lines: [{ product: '☕'.repeat(101), qty: 1 }] }],
    ['INVALID_INPUT input.lines.0.product', { lines: [{ product: 'half \ud83d', qty: 1 }] }],
    ['INVALID_INPUT input.expectedTotal', { expectedTotal: -1 }],
    ['INVALID_INPUT input.phone', { phone: 'call me' }],
    ['CAFE_NOT_FOUND input.cafeId', { cafeId: 'a\0b' }],
    ['ITEM_NOT_FOUND input.lines.0.product', { lines: [{ product: 'Tea', qty: 1 }] }],
    ['ITEM_SOLD_OUT input.lines.0.product', { lines: [{ product: 'Tiramisu', qty: 1 }] }],
    ['PRICE_CHANGED input.expectedTotal', { expectedTotal: 3999 }],
  ])('is refused with %s', (refusal, change) => {
    expect(codesOf(place(change))).toEqual([refusal]);
  });

  it('says everything that is wrong at once', () => {
    const lines = [
      { product: 'Latte', qty: 0 },
      { product: 'Latte', qty: 100 },
    ];
    expect(codesOf(place({ lines, phone: '1' }))).toEqual([
      'INVALID_INPUT input.lines.0.qty',
      'INVALID_INPUT input.lines.1.qty',
      'INVALID_INPUT input.phone',
    ]);
  });

  it('counts an emoji as one character', () => {
    const product = '🧋'.repeat(100);
    const items = new Map([[product, { price: 1, available: true }]]);
    expect(place({ lines: [{ product, qty: 1 }] }, { ...menu, items })).toMatchObject({
      events: [{ data: { lines: [{ product }] } }],
    });
  });

  it('is refused where there is no café, or a closed one', () => {
    expect(codesOf(place({}, null))).toEqual(['CAFE_NOT_FOUND input.cafeId']);
    expect(codesOf(place({}, { ...menu, open: false }))).toEqual(['CAFE_CLOSED input.cafeId']);
  });

  it('tells the new total when the price has changed', () => {
    expect(place({ expectedTotal: 1 })).toMatchObject({ refusals: [{ code: 'PRICE_CHANGED', total: 4000 }] });
  });

  it('is refused when the total is beyond what can be counted exactly', () => {
    const items = new Map([['Gold', { price: Number.MAX_SAFE_INTEGER, available: true }]]);
    expect(codesOf(place({ lines: [{ product: 'Gold', qty: 2 }] }, { ...menu, items }))).toEqual([
      'INVALID_INPUT input.lines',
    ]);
  });
});

describe('Settling the charge of an order', () => {
  const settle = (result: 'CHARGED' | 'UNKNOWN', order: Order) =>
    outcome({ type: 'SettleCharge', outcome: { kind: result }, acceptWithinMs }, order);
  const declined = { type: 'SettleCharge', outcome: { kind: 'DECLINED', reason: 'no money' }, acceptWithinMs } as const;
  const unavailable = {
    type: 'SettleCharge',
    outcome: { kind: 'UNAVAILABLE', retryAfterSeconds: 9 },
    acceptWithinMs,
  } as const;

  it('places a charged order and gives the café its time to answer', () => {
    const until = new Date(later.getTime() + acceptWithinMs);
    expect(settle('CHARGED', orders.PENDING_PAYMENT)).toMatchObject({
      order: { status: 'PLACED', payment: 'CHARGED', version: 2, acceptBy: until },
      event: {
        type: 'PaymentCompleted',
        data: { total: 4000, acceptBy: until.toISOString(), timeZone: 'Asia/Seoul', dayCutoffHour: 4 },
      },
      sms: 'paid',
    });
  });

  it('ends a declined order', () => {
    expect(outcome(declined, orders.PENDING_PAYMENT)).toMatchObject({
      order: {
        status: 'PAYMENT_FAILED',
        payment: 'FAILED',
        version: 2,
        failure: { kind: 'DECLINED', reason: 'no money' },
      },
      event: { type: 'PaymentFailed', data: { reason: 'no money' } },
      sms: 'not charged: no money',
    });
  });

  it('ends an order whose payment could surely not be reached', () => {
    expect(outcome(unavailable, orders.PENDING_PAYMENT)).toMatchObject({
      order: { status: 'PAYMENT_FAILED', failure: { kind: 'UNAVAILABLE', retryAfterSeconds: 9 } },
      event: { type: 'PaymentFailed', data: { reason: 'PAYMENT_UNAVAILABLE' } },
    });
  });

  it('keeps an order of unknown outcome as it is, without a version or an event', () => {
    const { order, ...rest } = settle('UNKNOWN', orders.PENDING_PAYMENT) as { order: Order };
    expect(order).toEqual({ ...orders.PENDING_PAYMENT, payment: 'UNKNOWN' });
    expect(rest).toEqual({});
    expect(settle('CHARGED', order)).toMatchObject({ order: { status: 'PLACED', version: 2 } });
    expect(settle('UNKNOWN', order)).toEqual({ order });
  });

  it.each(Object.values(orders).filter(({ status }) => status !== 'PENDING_PAYMENT'))(
    'does nothing to an order that is $status',
    (order) => {
      expect(settle('CHARGED', order)).toEqual({ order });
      expect(outcome(declined, order)).toEqual({ order });
    },
  );
});

describe('Requesting to cancel', () => {
  const request = (order: Order, customerId = 'alice') => outcome({ type: 'RequestCancel', customerId }, order);

  it('asks the café while it has not answered', () => {
    expect(request(orders.PLACED)).toMatchObject({
      order: { status: 'CANCEL_REQUESTED', payment: 'CHARGED', version: 3, acceptBy },
      event: { type: 'OrderCancelRequested' },
      sms: null,
    });
  });

  it('changes nothing when it was requested before', () => {
    expect(request(orders.CANCEL_REQUESTED)).toEqual({ order: orders.CANCEL_REQUESTED });
  });

  it.each(Object.values(orders).filter(({ status }) => status !== 'PLACED' && status !== 'CANCEL_REQUESTED'))(
    'is refused for an order that is $status, and says so',
    (order) => {
      expect(request(order)).toMatchObject({ refusals: [{ code: 'CANNOT_ORDER_CANCELED', status: order.status }] });
    },
  );

  it.each(Object.values(orders))('does not show anybody else an order that is $status', (order) => {
    expect(request(order, 'mallory')).toMatchObject({ refusals: [{ code: 'ORDER_NOT_FOUND' }] });
  });
});

/** Every effect that a step at the café has; from → step → to, and the SMS. */
const transitions: [OrderStatus, keyof typeof steps, OrderStatus, string | null][] = [
  ['PLACED', 'OrderReceived', 'ACCEPTED', 'accepted, no. 14'],
  ['CANCEL_REQUESTED', 'OrderReceived', 'ACCEPTED', 'accepted, no. 14'],
  ['CANCEL_REQUESTED', 'OrderCancelRejected', 'ACCEPTED', 'too late, being made'],
  ['ACCEPTED', 'OrderCancelRejected', 'ACCEPTED', 'too late, being made'],
  ['READY', 'OrderCancelRejected', 'READY', 'too late, it is made'],
  ['ACCEPTED', 'OrderReady', 'READY', 'ready, code 4F2'],
  ...(['PLACED', 'CANCEL_REQUESTED', 'ACCEPTED', 'READY'] as const).flatMap((from): typeof transitions => [
    [from, 'OrderRejected', 'REJECTED', 'rejected, refunded: sold out'],
    [from, 'OrderExpired', 'EXPIRED', 'no answer, refunded'],
    [from, 'OrderCancelConfirmed', 'CANCELED', 'canceled, refunded'],
    [from, 'OrderCanceledByCafe', 'CANCELED_BY_CAFE', 'canceled, refunded: machine broken'],
    [from, 'OrderPickedUp', 'PICKED_UP', null],
    [from, 'OrderNotCollected', 'NOT_COLLECTED', null],
  ]),
];

describe('Following the café', () => {
  it.each(transitions)('an order that is %s becomes, after %s, %s', (from, step, to, sms) => {
    const order: Order = orders[from];
    const refunds = to === 'REJECTED' || to === 'EXPIRED' || to === 'CANCELED' || to === 'CANCELED_BY_CAFE';
    expect(follow(step, order)).toMatchObject({
      order: { status: to, payment: refunds ? 'REFUNDING' : 'CHARGED', version: order.version + 1, updatedAt: later },
      event: { type: 'OrderStatusChanged', data: { status: to, cause: step } },
      sms,
    });
  });

  const withoutEffect = Object.values(orders).flatMap(({ status }) =>
    (Object.keys(steps) as (keyof typeof steps)[])
      .filter((step) => !transitions.some(([from, name]) => from === status && name === step))
      .map((step) => [status, step] as const),
  );
  it.each(withoutEffect)('an order that is %s is not changed by %s', (status, step) => {
    expect(follow(step, orders[status])).toEqual({ order: orders[status] });
  });

  it('is not changed by the late answer to a request when it had ended before', () => {
    const event = {
      ...steps.OrderCancelRejected,
      data: { ...steps.OrderCancelRejected.data, reason: 'ALREADY_ENDED' },
    } as const;
    const command = { type: 'FollowDelivery', event } as const;
    expect(outcome(command, orders.CANCEL_REQUESTED)).toEqual({ order: orders.CANCEL_REQUESTED });
    expect(outcome(command, orders.REJECTED)).toEqual({ order: orders.REJECTED });
  });

  it("passes the café's own words on when it rejects", () => {
    const event = { ...steps.OrderRejected, data: { ...steps.OrderRejected.data, note: 'no beans' } };
    expect(outcome({ type: 'FollowDelivery', event }, orders.PLACED)).toMatchObject({
      sms: 'rejected, refunded: no beans',
    });
  });
});

describe('Confirming a refund', () => {
  it.each(Object.values(orders).filter(({ payment }) => payment === 'REFUNDING'))(
    'is a version of its own and leaves the status $status',
    (order) => {
      const refunded = outcome({ type: 'ConfirmRefund' }, order);
      expect(refunded).toMatchObject({
        order: { status: order.status, payment: 'REFUNDED', version: 4 },
        event: { type: 'PaymentRefunded', data: { amount: 4000, status: order.status } },
        sms: null,
      });
      const again = { ...order, payment: 'REFUNDED' } as Order;
      expect(outcome({ type: 'ConfirmRefund' }, again)).toEqual({ order: again });
    },
  );

  it.each(Object.values(orders).filter(({ payment }) => payment !== 'REFUNDING'))(
    'does nothing to an order that is $status and $payment',
    (order) => {
      expect(outcome({ type: 'ConfirmRefund' }, order)).toEqual({ order });
    },
  );
});

it('An order has ended exactly in the states that nothing leads out of', () => {
  const ended = Object.values(orders)
    .filter((order: Order) => hasEnded(order))
    .map(({ status }) => status);
  expect(ended).toEqual([
    'PAYMENT_FAILED',
    'PICKED_UP',
    'NOT_COLLECTED',
    'REJECTED',
    'EXPIRED',
    'CANCELED',
    'CANCELED_BY_CAFE',
  ]);
});
