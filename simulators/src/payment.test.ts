import { createPaymentSimulator } from './payment.ts';
import { startClient, type TestClient } from './test-client.ts';

let coin = 0.9;
let client: TestClient;
beforeAll(async () => (client = await startClient(createPaymentSimulator({ random: () => coin }))));
afterAll(() => client.stop());
beforeEach(() => client.post('/reset', {}));

const order = { key: 'order:1:charge', amount: 4000, orderId: '1' };
const back = { key: 'order:1:refund', chargeKey: order.key, amount: 4000 };
const charge = (input: object = order) => client.post('/charges', input, order.key);
const book = async () => (await client.get('/book')).body;

describe('Charging', () => {
  it('charges, and tells it again by key', async () => {
    const charged = { status: 200, body: { key: order.key, status: 'CHARGED', amount: 4000 } };
    expect(await charge()).toEqual(charged);
    expect(await client.get(`/charges/${order.key}`)).toEqual(charged);
    expect((await client.get('/charges/order:2:charge')).status).toBe(404);
  });

  it('gives the first answer again for the same key and counts the attempts', async () => {
    const first = await charge();
    await client.turn({ mode: 'decline' });
    expect(await charge()).toEqual(first);
    expect(await book()).toEqual({
      charges: [{ ...order, status: 'CHARGED' }],
      refunds: [],
      chargeAttempts: { [order.key]: 2 },
      refundAttempts: {},
    });
  });

  it('refuses the same key with another amount', async () => {
    await charge();
    expect(await charge({ ...order, amount: 4001 })).toMatchObject({ status: 409, body: { field: 'key' } });
  });

  it('declines with 402, also when asked again after the mode has changed', async () => {
    await client.turn({ mode: 'decline' });
    const declined = { key: order.key, status: 'DECLINED', reason: 'card declined' };
    expect(await charge()).toEqual({ status: 402, body: declined });
    await client.turn({ mode: 'ok' });
    expect(await charge()).toEqual({ status: 402, body: declined });
    expect(await client.get(`/charges/${order.key}`)).toEqual({ status: 200, body: declined });
  });

  it('fails with 500 and charges nothing', async () => {
    await client.turn({ mode: 'fail' });
    expect((await charge()).status).toBe(500);
    expect((await client.get(`/charges/${order.key}`)).status).toBe(404);
  });

  it('hangs without charging', async () => {
    await client.turn({ mode: 'hang' });
    await client.postUnanswered('/charges', order);
    expect((await client.get(`/charges/${order.key}`)).status).toBe(404);
  });

  it('charges and loses the answer', async () => {
    await client.turn({ mode: 'lose' });
    await client.postUnanswered('/charges', order);
    expect((await client.get(`/charges/${order.key}`)).body).toMatchObject({ status: 'CHARGED' });
  });

  it('declines and loses the answer', async () => {
    await client.turn({ mode: 'lose-declined' });
    await client.postUnanswered('/charges', order);
    expect((await client.get(`/charges/${order.key}`)).body).toMatchObject({ status: 'DECLINED' });
  });

  it('flips the coin: above a half is charged', async () => {
    await client.turn({ mode: 'coin' });
    coin = 0.51;
    expect((await charge()).status).toBe(200);
    coin = 0.5;
    expect((await charge({ ...order, key: order.key })).status).toBe(200);
    expect((await client.post('/charges', { ...order, key: 'order:2:charge' })).status).toBe(402);
  });

  it('keeps a mode for the next charges only, when told how many', async () => {
    await client.turn({ mode: 'fail', nextCharges: 2 });
    expect([(await charge()).status, (await charge()).status, (await charge()).status]).toEqual([500, 500, 200]);
    expect((await client.get('/knobs')).body).toMatchObject({ mode: 'ok', nextCharges: null });
  });

  it('forgets the count when a new mode is set without one', async () => {
    await client.turn({ mode: 'fail', nextCharges: 1 });
    await client.turn({ mode: 'decline' });
    expect([(await charge()).status, (await charge()).status]).toEqual([402, 402]);
  });

  it('can fail and hang at look-ups', async () => {
    await charge();
    await client.turn({ lookupMode: 'fail' });
    expect((await client.get(`/charges/${order.key}`)).status).toBe(500);
  });

  it('works after the latency that was set', async () => {
    await client.turn({ latencyMs: 1 });
    expect((await charge()).status).toBe(200);
  });

  it.each([
    ['amount', { ...order, amount: 0 }],
    ['amount', { ...order, amount: 1.5 }],
    ['amount', { ...order, amount: '4000' }],
    ['orderId', { key: order.key, amount: 4000 }],
    ['key', { ...order, key: '' }],
    ['Idempotency-Key', { ...order, key: 'order:2:charge' }],
  ])('answers 400 and names %s in %j', async (field, input) => {
    expect(await charge(input)).toMatchObject({ status: 400, body: { field } });
  });
});

describe('Refunding', () => {
  it('refunds once for one key', async () => {
    await charge();
    const refunded = { status: 200, body: { key: back.key, status: 'REFUNDED', amount: 4000 } };
    expect(await client.post('/refunds', back, back.key)).toEqual(refunded);
    expect(await client.post('/refunds', back, back.key)).toEqual(refunded);
    expect(await client.get(`/refunds/${back.key}`)).toEqual(refunded);
    expect(await book()).toMatchObject({
      refunds: [{ ...back, status: 'REFUNDED' }],
      refundAttempts: { [back.key]: 2 },
    });
  });

  it('refuses to refund what was not charged', async () => {
    expect((await client.post('/refunds', back)).status).toBe(422);
    await client.turn({ mode: 'decline' });
    await charge();
    expect((await client.post('/refunds', back)).status).toBe(422);
  });

  it('refuses to refund more than was charged, over all keys', async () => {
    await charge();
    expect((await client.post('/refunds', { ...back, amount: 3000 })).status).toBe(200);
    const more = await client.post('/refunds', { ...back, key: 'another', amount: 1001 });
    expect(more).toMatchObject({ status: 422, body: { field: 'amount' } });
    expect((await client.post('/refunds', { ...back, amount: 1000 })).status).toBe(409);
  });

  it('fails, hangs, and loses the answer', async () => {
    await charge();
    await client.turn({ refundMode: 'fail' });
    expect((await client.post('/refunds', back)).status).toBe(500);
    await client.turn({ refundMode: 'hang' });
    await client.postUnanswered('/refunds', back);
    expect((await client.get(`/refunds/${back.key}`)).status).toBe(404);
    await client.turn({ refundMode: 'lose' });
    await client.postUnanswered('/refunds', back);
    expect((await client.get(`/refunds/${back.key}`)).status).toBe(200);
  });
});

describe('The knobs', () => {
  it('are shown and changed in part', async () => {
    expect(await client.turn({ mode: 'coin' })).toEqual({
      status: 200,
      body: { mode: 'coin', refundMode: 'ok', lookupMode: 'ok', latencyMs: 0, nextCharges: null },
    });
  });

  it.each([
    ['modus', { modus: 'ok' }],
    ['mode', { mode: 'sometimes' }],
    ['latencyMs', { latencyMs: -1 }],
    ['body', 7],
  ])('answer 400 and name %s', async (field, knobs) => {
    expect(await client.turn(knobs)).toMatchObject({ status: 400, body: { field } });
  });

  it('and the book are as new after a reset', async () => {
    await charge();
    await client.turn({ mode: 'decline', latencyMs: 5 });
    await client.post('/reset', {});
    expect(await book()).toEqual({ charges: [], refunds: [], chargeAttempts: {}, refundAttempts: {} });
    expect((await client.get('/knobs')).body).toMatchObject({ mode: 'ok', latencyMs: 0 });
  });
});
