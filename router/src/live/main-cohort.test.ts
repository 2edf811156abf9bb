import { setImmediate } from 'node:timers/promises';
import type { Upstream, UpstreamSubscription } from '../subgraphs/upstream.ts';
import { startLiveCore } from '../testing/live-core.ts';

/** An upstream of which the test plays the subgraph. */
function createPlayedUpstream() {
  const running = new Map<number, UpstreamSubscription>();
  const asked: (string | undefined)[] = [];
  const upstream: Upstream = {
    subscribe(subscription) {
      asked.push(subscription.request().extensions['resumeFrom'] as string | undefined);
      running.set(asked.length, subscription);
      return asked.length;
    },
    unsubscribe: (id) => void running.delete(id),
    close: () => undefined,
  };
  return {
    upstream,
    asked,
    isRunning: (id: number) => running.has(id),
    async tells(id: number, told: unknown, position?: string): Promise<void> {
      running.get(id)?.event({ answer: { data: { told } }, place: { ...(position !== undefined && { position }) } });
      await setImmediate();
    },
    refuses(id: number): void {
      const subscription = running.get(id);
      running.delete(id);
      subscription?.refused([{ message: 'Something went wrong.', extensions: { code: 'INTERNAL_SERVER_ERROR' } }]);
    },
  };
}

/** Whoever waits for another try waits longer than the test. */
const never = { retryMs: 2 ** 30 };

describe('clients of a topic', () => {
  it('keep a subscription of their own while the one of all others is lost', async () => {
    const subgraph = createPlayedUpstream();
    const core = startLiveCore(subgraph.upstream, { limits: never });
    const first = core.start();
    await subgraph.tells(1, 'v1', 'S~1');
    subgraph.refuses(1);

    const newcomer = core.start();
    await subgraph.tells(2, 'v3', 'S~3');
    expect(newcomer.messages).toHaveLength(1);
    expect(subgraph.isRunning(2)).toBe(true);

    const back = core.start({ resume: newcomer.resume! });
    await subgraph.tells(2, 'v4', 'S~4');
    expect([first, newcomer, back].map(({ messages }) => messages.length)).toEqual([1, 2, 1]);
    for (const client of [first, newcomer, back]) client.stop();
  });

  it('get a present state whole that is longer than what may wait', async () => {
    const subgraph = createPlayedUpstream();
    let answer = (): void => undefined;
    const ready = new Promise<void>((resolve) => (answer = resolve));
    const core = startLiveCore(subgraph.upstream, {
      limits: { waitingEvents: 5 },
      executeEvent: ({ data }) => ready.then(() => ({ data: JSON.stringify(data) })),
    });
    const client = core.start();
    for (let place = 1; place <= 10; place += 1) await subgraph.tells(1, place, place === 10 ? 'S~7' : undefined);
    answer();
    while (client.messages.length < 10) await setImmediate();
    await subgraph.tells(subgraph.asked.length, 11, 'S~8');
    while (client.messages.length < 11) await setImmediate();
    expect(subgraph.asked.every((position) => position === undefined || position === 'S~7')).toBe(true);
    expect(client.messages.map(({ text }) => (JSON.parse(text) as { data: { told: number } }).data.told)).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
    ]);
    client.stop();
  });
});
