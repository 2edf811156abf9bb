import { createHeadquartersSimulator } from './headquarters.ts';
import { startClient, type TestClient } from './test-client.ts';

let coin = 0.9;
let client: TestClient;
beforeAll(async () => (client = await startClient(createHeadquartersSimulator({ random: () => coin }))));
afterAll(() => client.stop());
beforeEach(() => client.post('/reset', {}));

const sums = { cafeId: '92', businessDate: '20200514', revision: 1, salesSum: 2000, salesQty: 1, orderCount: 1 };
const second = { ...sums, revision: 2, salesSum: 6000, salesQty: 3, orderCount: 2 };
const transfer = (of: typeof sums) =>
  client.post('/sales-transfers', of, `${of.cafeId}:${of.businessDate}:${of.revision}`);
const book = async (query = '') => (await client.get(`/book${query}`)).body;
const yes = { status: 200, body: { accepted: true } };
const no = { status: 200, body: { accepted: false, reason: 'rejected by headquarters' } };

describe('Headquarters', () => {
  it('keeps the newest revision of each day', async () => {
    expect(await transfer(sums)).toEqual(yes);
    expect(await transfer(second)).toEqual(yes);
    expect(await book()).toEqual({
      transfers: [
        { ...sums, accepted: true },
        { ...second, accepted: true },
      ],
      current: [second],
    });
  });

  it('accepts a revision that comes late without going back to it', async () => {
    await transfer(second);
    expect(await transfer(sums)).toEqual(yes);
    expect(await book()).toMatchObject({ current: [second] });
  });

  it('accepts a repeated key as at first and lists it once', async () => {
    await transfer(sums);
    await client.turn({ mode: 'reject' });
    expect(await transfer(sums)).toEqual(yes);
    expect(await book()).toMatchObject({ transfers: [{ revision: 1 }] });
  });

  it('says no, and judges anew when the revision is sent again', async () => {
    await client.turn({ mode: 'reject' });
    expect(await transfer(sums)).toEqual(no);
    expect(await book()).toEqual({ transfers: [{ ...sums, ...no.body }], current: [] });
    await client.turn({ mode: 'ok' });
    expect(await transfer(sums)).toEqual(yes);
    expect(await book()).toMatchObject({ current: [sums] });
  });

  it('flips the coin: above a half is a yes', async () => {
    await client.turn({ mode: 'coin' });
    coin = 0.5;
    expect(await transfer(sums)).toEqual(no);
    coin = 0.51;
    expect(await transfer(sums)).toEqual(yes);
  });

  it('fails and hangs without keeping anything', async () => {
    await client.turn({ mode: 'fail' });
    expect((await transfer(sums)).status).toBe(500);
    await client.turn({ mode: 'hang' });
    await client.postUnanswered('/sales-transfers', sums, '92:20200514:1');
    expect(await book()).toEqual({ transfers: [], current: [] });
  });

  it('keeps the sums and loses the answer', async () => {
    await client.turn({ mode: 'lose' });
    await client.postUnanswered('/sales-transfers', sums, '92:20200514:1');
    expect(await book()).toMatchObject({ current: [sums] });
  });

  it('shows one café or one day of its book', async () => {
    await transfer(sums);
    await transfer({ ...sums, cafeId: '93' });
    await transfer({ ...sums, businessDate: '20200515' });
    expect(await book('?cafeId=93')).toMatchObject({ current: [{ cafeId: '93' }] });
    expect(await book('?cafeId=92&businessDate=20200515')).toMatchObject({ transfers: [{ businessDate: '20200515' }] });
  });

  it('takes a negative day and a sum beyond 2³¹', async () => {
    const exact = { ...sums, salesSum: 9_007_199_254_740_991 };
    await transfer(exact);
    await transfer({ ...second, salesSum: -2000, salesQty: -1, orderCount: -1 });
    expect(await book()).toMatchObject({ transfers: [exact, { salesSum: -2000 }] });
  });

  it.each([
    ['businessDate', { ...sums, businessDate: '2020-05-14' }],
    ['revision', { ...sums, revision: 0 }],
    ['salesSum', { ...sums, salesSum: 0.5 }],
    ['cafeId', { ...sums, cafeId: '' }],
  ])('answers 400 and names %s', async (field, input) => {
    expect(await transfer(input)).toMatchObject({ status: 400, body: { field } });
  });

  it('refuses a key that is missing or of another revision', async () => {
    for (const key of [undefined, '92:20200514:2']) {
      const answer = await client.post('/sales-transfers', sums, key);
      expect(answer).toMatchObject({ status: 400, body: { field: 'Idempotency-Key' } });
    }
  });
});
