import * as fc from 'fast-check';
import type { DeliveryStatus } from '@cafe-for-me/schema/events';
import { availableActions, decide, isRefusal, type Command, type Decision } from './decide.ts';
import {
  begin,
  decideArrival,
  decideCanceledArrival,
  evolve,
  paidOrderIn,
  replay,
  type DecidedEvent,
  type Delivery,
  type DeliveryEvent,
  type PaidOrder,
} from './delivery.ts';

const clock = { timeZone: 'Asia/Seoul', dayCutoffHour: 4 };
const t0 = new Date('2020-05-14T03:00:00.000Z');
const at = (minutes: number): Date => new Date(t0.getTime() + minutes * 60_000);

const order: PaidOrder = {
  orderId: 'order-1',
  cafeId: '92',
  customerId: 'alice',
  lines: [{ product: 'IceAmericano', qty: 1, unitPrice: 2000 }],
  total: 2000,
  acceptBy: at(10),
};

const COMMANDS = {
  accept: { kind: 'accept', by: 'bob', readyInMinutes: 7, clock },
  reject: { kind: 'reject', by: 'bob', reason: 'SOLD_OUT' },
  markReady: { kind: 'markReady', by: 'bob', pickupCode: '4F2' },
  handOver: { kind: 'handOver', by: 'bob', pickupCode: '4F2' },
  cancelByCafe: { kind: 'cancelByCafe', by: 'bob', reason: 'the machine broke', clock },
  customerCancel: { kind: 'customerCancel' },
  expire: { kind: 'expire' },
  notCollected: { kind: 'notCollected', collectWithinMs: 3_600_000 },
} as const satisfies Record<Command['kind'], Command>;

function envelope(decided: DecidedEvent, version: number, now: Date): DeliveryEvent {
  const numbered = decided.type === 'OrderReceived' ? { ...decided.data, queueNumber: 14 } : decided.data;
  const head = { id: `e${version}`, schemaVersion: 1, aggregateId: 'order-1', aggregateVersion: version, cafeId: '92' };
  return { ...head, type: decided.type, occurredAt: now.toISOString(), data: numbered } as DeliveryEvent;
}

function after(before: Delivery, command: Command, now: Date): Delivery {
  const decision = decide(command, before, now);
  if (isRefusal(decision)) throw new Error(decision.code);
  return evolve(before, envelope(decision, before.version + 1, now));
}

const orderGet = begin(order, envelope(decideArrival(order), 1, t0));
const received = after(orderGet, COMMANDS.accept, at(1));
const ready = after(received, COMMANDS.markReady, at(5));
const STATES: Record<DeliveryStatus, Delivery> = {
  ORDER_GET: orderGet,
  RECEIVED: received,
  READY: ready,
  PICKED_UP: after(ready, COMMANDS.handOver, at(6)),
  NOT_COLLECTED: after(ready, COMMANDS.notCollected, at(65)),
  CANCELED_BY_CAFE: after(received, COMMANDS.cancelByCafe, at(6)),
  REJECTED: after(orderGet, COMMANDS.reject, at(2)),
  EXPIRED: after(orderGet, COMMANDS.expire, at(10)),
  CANCELED: after(orderGet, COMMANDS.customerCancel, at(2)),
};

/** By status, in the order of COMMANDS; the clock stands a minute before everything that the clock brings about. */
const TABLE: Record<DeliveryStatus, readonly string[]> = {
  ORDER_GET: [
    'OrderReceived',
    'OrderRejected',
    'NOT_ACCEPTED_YET',
    'NOT_ACCEPTED_YET',
    'NOT_ACCEPTED_YET',
    'OrderCancelConfirmed',
    'NOT_DUE_YET',
    'NOT_ACCEPTED_YET',
  ],
  RECEIVED: [
    'ALREADY_ACCEPTED',
    'ALREADY_ACCEPTED',
    'OrderReady',
    'NOT_READY_YET',
    'OrderCanceledByCafe',
    'OrderCancelRejected',
    'ALREADY_ACCEPTED',
    'NOT_READY_YET',
  ],
  READY: [
    'ALREADY_READY',
    'ALREADY_READY',
    'ALREADY_READY',
    'OrderPickedUp',
    'OrderCanceledByCafe',
    'OrderCancelRejected',
    'ALREADY_READY',
    'NOT_DUE_YET',
  ],
  PICKED_UP: ended('ALREADY_PICKED_UP'),
  NOT_COLLECTED: ended('ALREADY_NOT_COLLECTED'),
  CANCELED_BY_CAFE: ended('ALREADY_CANCELED_BY_CAFE'),
  REJECTED: ended('ALREADY_REJECTED'),
  EXPIRED: ended('ALREADY_EXPIRED'),
  CANCELED: ended('ALREADY_CANCELED'),
};

function ended(code: string): string[] {
  return [code, code, code, code, code, 'OrderCancelRejected', code, code];
}

const outcomeOf = (decision: Decision): string => (isRefusal(decision) ? decision.code : decision.type);
const kinds = Object.keys(COMMANDS) as Command['kind'][];
const statuses = Object.keys(STATES) as DeliveryStatus[];

describe('a delivery', () => {
  it.each(statuses.flatMap((status) => kinds.map((kind, index) => [status, kind, TABLE[status][index]] as const)))(
    'that is %s answers %s with %s',
    (status, kind, expected) => {
      expect(outcomeOf(decide(COMMANDS[kind], STATES[status], at(9)))).toBe(expected);
    },
  );

  it.each(statuses)('that is %s refuses by naming that state, who brought it there and when', (status) => {
    const state = STATES[status];
    const refusal = decide(COMMANDS.reject, state, at(9));
    const expected =
      status === 'ORDER_GET' ? 'OrderRejected' : { status, at: state.since, ...('by' in state && { by: state.by }) };
    expect(isRefusal(refusal) ? refusal : refusal.type).toEqual(
      typeof expected === 'string' ? expected : expect.objectContaining(expected),
    );
  });

  it('tells the second barista who accepted and when', () => {
    expect(decide({ ...COMMANDS.accept, by: 'bella' }, received, at(2))).toEqual({
      code: 'ALREADY_ACCEPTED',
      status: 'RECEIVED',
      by: 'bob',
      at: at(1),
    });
  });

  it('can be accepted until just before acceptBy, and expires from acceptBy on', () => {
    const justBefore = new Date(at(10).getTime() - 1);
    expect(outcomeOf(decide(COMMANDS.accept, orderGet, justBefore))).toBe('OrderReceived');
    expect(outcomeOf(decide(COMMANDS.expire, orderGet, justBefore))).toBe('NOT_DUE_YET');
    expect(decide(COMMANDS.accept, orderGet, at(10))).toEqual({
      code: 'ACCEPT_TIME_OVER',
      status: 'ORDER_GET',
      at: at(10),
    });
    expect(outcomeOf(decide(COMMANDS.expire, orderGet, at(10)))).toBe('OrderExpired');
  });

  it('promises to be ready so many minutes from now and carries the clock of the café', () => {
    const decision = decide(COMMANDS.accept, orderGet, at(1));
    expect(decision).toMatchObject({ data: { readyBy: at(8).toISOString(), by: 'bob', total: 2000, ...clock } });
  });

  it('is not collected from an hour after it was ready', () => {
    expect(outcomeOf(decide(COMMANDS.notCollected, ready, new Date(at(65).getTime() - 1)))).toBe('NOT_DUE_YET');
    expect(outcomeOf(decide(COMMANDS.notCollected, ready, at(65)))).toBe('OrderNotCollected');
  });

  it.each([
    ['4F2', 'OrderPickedUp'],
    [' 4f2 ', 'OrderPickedUp'],
    ['4F3', 'WRONG_PICKUP_CODE'],
    ['', 'WRONG_PICKUP_CODE'],
  ])('is handed over for the code %j: %s', (pickupCode, expected) => {
    expect(outcomeOf(decide({ ...COMMANDS.handOver, pickupCode }, ready, at(6)))).toBe(expected);
  });

  it('keeps its status, and moves on by one version, when a cancel request came too late', () => {
    const told = after(received, COMMANDS.customerCancel, at(3));
    expect(told).toEqual({ ...received, version: received.version + 1, updatedAt: at(3) });
    expect(decide(COMMANDS.customerCancel, received, at(3))).toMatchObject({ data: { reason: 'ALREADY_ACCEPTED' } });
    expect(decide(COMMANDS.customerCancel, STATES.EXPIRED, at(11))).toMatchObject({
      data: { reason: 'ALREADY_ENDED' },
    });
  });

  it('is canceled from the start when the cancel request came before it', () => {
    const event = envelope(decideCanceledArrival(order), 1, t0);
    expect(begin(order, event)).toMatchObject({ status: 'CANCELED', version: 1 });
    expect(paidOrderIn(event)).toBeNull();
  });

  it('offers the staff just what would not be refused', () => {
    const offered = Object.fromEntries(statuses.map((status) => [status, availableActions(STATES[status], at(9))]));
    const none = Object.fromEntries(statuses.map((status) => [status, []]));
    expect(offered).toEqual({
      ...none,
      ORDER_GET: ['ACCEPT', 'REJECT'],
      RECEIVED: ['MARK_READY', 'CANCEL'],
      READY: ['HAND_OVER', 'CANCEL'],
    });
    expect(availableActions(orderGet, at(10))).toEqual(['REJECT']);
  });

  it('is what its events say, whatever is asked of it and in which order', () => {
    const step = fc.record({ kind: fc.constantFrom(...kinds), minutes: fc.integer({ min: 0, max: 30 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        let state = orderGet;
        let now = t0;
        const events = [envelope(decideArrival(order), 1, t0)];
        for (const { kind, minutes } of steps) {
          now = new Date(now.getTime() + minutes * 60_000);
          const decision = decide(COMMANDS[kind], state, now);
          if (isRefusal(decision)) continue;
          const event = envelope(decision, state.version + 1, now);
          events.push(event);
          const next = evolve(state, event);
          expect(next.status).toBe(event.data.status);
          state = next;
        }
        expect(state.version).toBe(events.length);
        expect(replay(order, events).at(-1)).toEqual(state);
        // Whoever ended stays ended, and at most one of accept, reject, cancel and expire came first.
        const answers = new Set(['OrderReceived', 'OrderRejected', 'OrderExpired', 'OrderCancelConfirmed']);
        expect(events.filter(({ type }) => answers.has(type)).length).toBeLessThanOrEqual(1);
      }),
    );
  });
});
