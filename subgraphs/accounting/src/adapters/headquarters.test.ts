import { collectLog } from '@cafe-for-me/lib/testing/log-lines';
import { startHeadquarters } from '../testing/accounting.ts';
import type { Transfer } from '../domain/transfer.ts';
import { createHeadquarters, type HeadquartersClient } from './headquarters.ts';

let simulator: Awaited<ReturnType<typeof startHeadquarters>>;
let client: HeadquartersClient;

function connect(url = simulator.url, threshold = 1_000): HeadquartersClient {
  const breaker = { threshold, halfOpenAfterMs: 60_000 };
  return createHeadquarters({ url, timeoutMs: 200, breaker, log: collectLog().log });
}

beforeEach(async () => {
  simulator = await startHeadquarters();
  client = connect();
});

afterEach(async () => {
  await client.close();
  await simulator.stop();
});

const transfer: Transfer = {
  cafeId: '92',
  businessDate: '20200514',
  revision: 3,
  salesSum: 3_000_000_000,
  salesQty: 3,
  orderCount: 2,
  status: 'PENDING',
  attempts: 1,
  lastError: null,
  updatedAt: new Date(0),
};

describe('a transfer sent to headquarters', () => {
  it('carries the sums of its revision and is accepted', async () => {
    expect(await client.send(transfer)).toEqual({ kind: 'accepted' });
    const { salesSum, salesQty, orderCount } = transfer;
    expect((await simulator.book()).current).toEqual([
      { cafeId: '92', businessDate: '20200514', revision: 3, salesSum, salesQty, orderCount },
    ]);
  });

  it('is refused with the reason that headquarters gives', async () => {
    await simulator.knobs({ mode: 'reject' });
    expect(await client.send(transfer)).toEqual({ kind: 'refused', reason: 'rejected by headquarters' });
  });

  it('is refused by an answer that says it is wrong', async () => {
    const lost = connect(`${simulator.url}/nowhere`);
    expect(await lost.send(transfer)).toEqual({ kind: 'refused', reason: 'headquarters answered 404' });
    await lost.close();
  });

  it.each([
    ['fails', 'fail', 'headquarters answered 500.'],
    ['never answers', 'hang', 'headquarters did not answer within 200 ms.'],
    ['keeps it and loses the answer', 'lose', 'headquarters did not answer within 200 ms.'],
  ])('is unsettled when headquarters %s', async (_, mode, error) => {
    await simulator.knobs({ mode });
    expect(await client.send(transfer)).toEqual({ kind: 'unsettled', error });
  });

  it('is unsettled when nobody is there, and at once when nobody was there several times', async () => {
    const guarded = connect(simulator.url, 2);
    await simulator.stop();
    const there = { kind: 'unsettled', error: "headquarters can't be reached." };
    expect([await guarded.send(transfer), await guarded.send(transfer)]).toEqual([there, there]);
    expect(await guarded.send(transfer)).toEqual({
      kind: 'unsettled',
      error: 'headquarters failed repeatedly and is left alone for a while.',
    });
    await guarded.close();
    simulator = await startHeadquarters();
  });
});
