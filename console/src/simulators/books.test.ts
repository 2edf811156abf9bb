import { daysOf, isWell, paymentsOf, paymentSums, phonesOf, WELL } from './books.ts';

describe('The books of the outside systems', () => {
  const charge = (orderId: string, status: 'CHARGED' | 'DECLINED', amount: number) => ({
    key: `order:${orderId}:charge`,
    status,
    amount,
    orderId,
  });

  it('show each payment once, the newest first, with what was given back', () => {
    const payments = paymentsOf({
      charges: [charge('a', 'CHARGED', 2000), charge('b', 'DECLINED', 4500), charge('c', 'CHARGED', 6000)],
      refunds: [{ key: 'order:a:refund', chargeKey: 'order:a:charge', amount: 2000 }],
      chargeAttempts: { 'order:a:charge': 3, 'order:b:charge': 1 },
      refundAttempts: {},
    });
    expect(payments).toEqual([
      { orderId: 'c', charged: true, amount: 6000, refunded: 0, attempts: 0 },
      { orderId: 'b', charged: false, amount: 4500, refunded: 0, attempts: 1 },
      { orderId: 'a', charged: true, amount: 2000, refunded: 2000, attempts: 3 },
    ]);
    expect(paymentSums(payments)).toEqual({ taken: 8000, returned: 2000 });
  });

  it('show a phone per number, the one that heard something last first', () => {
    const sms = (id: string, to: string) => ({ id, to, text: id, at: '2020-05-14T03:00:00.000Z' });
    const phones = phonesOf([sms('1', '010-1'), sms('2', '010-2'), sms('3', '010-1')]);
    expect(phones.map(({ to, messages }) => `${to}: ${messages.map(({ id }) => id).join(' ')}`)).toEqual([
      '010-1: 1 3',
      '010-2: 2',
    ]);
  });

  it('show the newest day first, and cafés by number', () => {
    const day = (cafeId: string, businessDate: string) => ({
      cafeId,
      businessDate,
      revision: 1,
      salesSum: 0,
      salesQty: 0,
      orderCount: 0,
    });
    const current = [day('92', '20200513'), day('101', '20200514'), day('92', '20200514')];
    expect(daysOf({ current, transfers: [] })).toEqual([current[2], current[1], current[0]]);
  });

  it('are not what tells whether all is well: the knobs are', () => {
    expect(isWell(WELL.payment, WELL.payment)).toBe(true);
    expect(isWell({ ...WELL.payment, refundMode: 'hang' }, WELL.payment)).toBe(false);
    expect(isWell({ ...WELL.sms, latencyMs: 500 }, WELL.sms)).toBe(false);
  });
});
