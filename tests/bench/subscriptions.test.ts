import { join } from 'node:path';
import { root } from '@cafe-for-me/deploy/paths';
import { benchSubscriptions, type SubscriptionPart } from './subscriptions.ts';
import type { Tampering } from './subscriptions/received.ts';

async function bench(only: readonly SubscriptionPart[], subscribers: number, tampering?: Tampering) {
  const lines: string[] = [];
  const isClean = await benchSubscriptions(
    {
      subscribers,
      only,
      rounds: 1,
      seconds: 1,
      changesPerSecond: 100,
      events: 3,
      routerFile: join(root, 'router/dist/main.js'),
      profile: false,
      json: true,
      save: false,
      postgresUrl: process.env['TEST_POSTGRES_URL'] ?? '',
      patience: { looks: 1, quietMs: tampering === undefined ? 10_000 : 2_000, warmUpMs: 200, aroundMs: 500 },
      ...(tampering !== undefined && { tampering }),
    },
    (line) => lines.push(line),
  );
  return { isClean, lines, summary: JSON.parse(lines.at(-1) ?? '') as Record<string, number> };
}

describe('the benchmark of subscriptions', () => {
  it('measures everything, and finds nothing lost or doubled, also when the router was killed', async () => {
    const { isClean, lines, summary } = await bench([], 200);
    expect(lines.join('\n')).toContain('stock');
    expect(Object.keys(summary)).toEqual([
      'kibPerSubscriber',
      'fanoutMedianMs',
      'fanoutP99Ms',
      'stockFanoutMedianMs',
      'ownP99Ms',
      'lost',
      'doubled',
      'wholeAgainMs',
    ]);
    expect(summary).toMatchObject({ lost: 0, doubled: 0 });
    expect(Object.values(summary).every((value) => typeof value === 'number')).toBe(true);
    expect(isClean).toBe(true);
  }, 240_000);

  it('notices what is lost and what is doubled of one topic', async () => {
    // 10 events to warm up and 3 that count, to 20 each: of the messages those from the 201st to the 260th count.
    const { isClean, summary } = await bench(['topic'], 20, { loseEvery: 230, doubleEvery: 250 });
    expect(summary).toMatchObject({ lost: 1, doubled: 1 });
    expect(isClean).toBe(false);
  }, 120_000);

  it('notices what is lost and what is doubled of orders', async () => {
    const { isClean, summary } = await bench(['orders'], 20, { loseEvery: 40, doubleEvery: 60 });
    expect(summary['lost']).toBeGreaterThan(0);
    expect(summary['doubled']).toBeGreaterThan(0);
    expect(isClean).toBe(false);
  }, 120_000);
});
