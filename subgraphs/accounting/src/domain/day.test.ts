import type { Envelope } from '@cafe-for-me/schema/events';
import fc from 'fast-check';
import { addEntry, emptyDay, type Day } from './day.ts';
import { correctionOf, saleOf, type LedgerEntry } from './ledger.ts';

const clock = { timeZone: 'Asia/Seoul', dayCutoffHour: 4 };

function received(orderId: string, at: string, unitPrice: number, qty: number): Envelope<'OrderReceived'> {
  return {
    id: `received-${orderId}`,
    type: 'OrderReceived',
    schemaVersion: 1,
    aggregateId: orderId,
    aggregateVersion: 2,
    cafeId: '92',
    occurredAt: at,
    data: {
      ...clock,
      customerId: 'alice',
      status: 'RECEIVED',
      queueNumber: 1,
      readyBy: at,
      lines: [{ product: 'IceAmericano', qty, unitPrice }],
      total: unitPrice * qty,
      by: 'barista',
    },
  };
}

function canceled(of: Envelope<'OrderReceived'>, at: string): Envelope<'OrderCanceledByCafe'> {
  const { customerId, lines, total } = of.data;
  return {
    ...of,
    id: `canceled-${of.aggregateId}`,
    type: 'OrderCanceledByCafe',
    aggregateVersion: 3,
    occurredAt: at,
    data: { ...clock, customerId, status: 'CANCELED_BY_CAFE', reason: 'no ice', lines, total, by: 'barista' },
  };
}

describe('the ledger', () => {
  it('books what was accepted as a sale on the day of the acceptance', () => {
    expect(saleOf(received('1', '2020-05-14T03:00:00Z', 2000, 3))).toEqual({
      kind: 'SALE',
      eventId: 'received-1',
      orderId: '1',
      customerId: 'alice',
      cafeId: '92',
      businessDate: '20200514',
      amount: 6000,
      qty: 3,
      orderCount: 1,
      occurredAt: new Date('2020-05-14T03:00:00Z'),
      lines: [{ product: 'IceAmericano', qty: 3, amount: 6000 }],
    });
  });

  it('adds the lines of an order up by product', () => {
    const event = received('1', '2020-05-14T03:00:00Z', 2000, 3);
    const lines = [
      { product: 'IceAmericano', qty: 3, unitPrice: 2000 },
      { product: 'Latte', qty: 1, unitPrice: 4500 },
      { product: 'IceAmericano', qty: 1, unitPrice: 2000 },
    ];
    const sale = saleOf({ ...event, data: { ...event.data, lines, total: 12_500 } });
    expect(sale.lines).toEqual([
      { product: 'IceAmericano', qty: 4, amount: 8000 },
      { product: 'Latte', qty: 1, amount: 4500 },
    ]);
  });

  it('books a cancel two days later as the same figures below zero, on that later day', () => {
    const event = received('1', '2020-05-14T03:00:00Z', 2000, 3);
    const correction = correctionOf(canceled(event, '2020-05-16T03:00:00Z'), saleOf(event));
    expect(correction).toMatchObject({
      kind: 'CORRECTION',
      businessDate: '20200516',
      amount: -6000,
      qty: -3,
      orderCount: -1,
      lines: [{ product: 'IceAmericano', qty: -3, amount: -6000 }],
      reason: 'no ice',
    });
  });

  it('takes back what was booked, whatever the cancel says', () => {
    const event = received('1', '2020-05-14T03:00:00Z', 2000, 3);
    const lying = canceled(received('1', '2020-05-14T03:00:00Z', 9, 9), '2020-05-14T04:00:00Z');
    expect(correctionOf(lying, saleOf(event)).amount).toBe(-6000);
  });

  it('takes a sale of nothing back as nothing', () => {
    const event = received('1', '2020-05-14T03:00:00Z', 0, 1);
    expect(Object.is(correctionOf(canceled(event, '2020-05-14T04:00:00Z'), saleOf(event)).amount, 0)).toBe(true);
  });
});

describe("a day's sums", () => {
  const day = emptyDay('92', '20200514');
  const add = (entries: readonly LedgerEntry[]): Day => entries.reduce(addEntry, day);

  it('count their changes, and what was canceled apart', () => {
    const first = received('1', '2020-05-14T03:00:00Z', 2000, 3);
    const second = received('2', '2020-05-14T03:01:00Z', 4500, 1);
    const correction = correctionOf(canceled(first, '2020-05-14T03:05:00Z'), saleOf(first));
    expect(add([saleOf(first), saleOf(second), correction])).toEqual({
      cafeId: '92',
      businessDate: '20200514',
      salesSum: 4500,
      canceledSum: 6000,
      salesQty: 1,
      orderCount: 1,
      revision: 3,
      asOf: new Date('2020-05-14T03:05:00Z'),
    });
  });

  it('are exact above 2^31 won', () => {
    const entries = [1, 2, 3].map((n) => saleOf(received(String(n), '2020-05-14T03:00:00Z', 2_147_483_647, 99)));
    expect(add(entries).salesSum).toBe(2_147_483_647 * 99 * 3);
  });

  it('refuse a sum that a number would not hold exactly, and a fraction', () => {
    const most = addEntry(day, saleOf(received('1', '2020-05-14T03:00:00Z', Number.MAX_SAFE_INTEGER, 1)));
    expect(() => addEntry(most, saleOf(received('2', '2020-05-14T03:00:00Z', 1, 1)))).toThrow(RangeError);
    expect(() => addEntry(day, saleOf(received('2', '2020-05-14T03:00:00Z', 0.5, 1)))).toThrow(RangeError);
  });

  it('are the sums of the entries in whatever order these come', () => {
    const orders = fc.array(
      fc.record({
        unitPrice: fc.integer({ min: 0, max: 5_000_000_000 }),
        qty: fc.integer({ min: 1, max: 99 }),
        canceled: fc.boolean(),
      }),
      { maxLength: 30 },
    );
    function entriesOf(given: readonly { unitPrice: number; qty: number; canceled: boolean }[]) {
      return given.flatMap((order, n) => {
        const event = received(String(n), '2020-05-14T03:00:00Z', order.unitPrice, order.qty);
        const sale = saleOf(event);
        return order.canceled ? [sale, correctionOf(canceled(event, '2020-05-14T05:00:00Z'), sale)] : [sale];
      });
    }
    fc.assert(
      fc.property(
        orders.chain((given) => {
          const entries = entriesOf(given);
          return fc.tuple(
            fc.constant(entries),
            fc.shuffledSubarray(entries, { minLength: entries.length, maxLength: entries.length }),
          );
        }),
        ([entries, shuffled]) => {
          const sums = add(shuffled);
          expect(sums).toEqual(add(entries));
          expect(sums.salesSum).toBe(entries.reduce((sum, { amount }) => sum + amount, 0));
          expect(sums.salesQty).toBe(entries.reduce((sum, { qty }) => sum + qty, 0));
          expect(sums.orderCount).toBe(entries.reduce((sum, { orderCount }) => sum + orderCount, 0));
          expect(sums.revision).toBe(entries.length);
        },
      ),
    );
  });
});
