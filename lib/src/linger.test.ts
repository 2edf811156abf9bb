import { createLinger } from './linger.ts';
import type { Linger } from './linger.ts';

/** Whether it would wait: a wait that is none is over before the next turn of the event loop. */
async function waits(linger: Linger): Promise<boolean> {
  const stop = new AbortController();
  const nextTurn = new Promise<true>((resolve) => {
    setImmediate(resolve, true);
  });
  const waited = await Promise.race([linger.wait(stop.signal).then(() => false), nextTurn]);
  stop.abort();
  return waited;
}

describe('createLinger', () => {
  it('does not wait before anything was done, nor after a few that came one by one', async () => {
    const linger = createLinger({ ms: 60_000, busyAt: 10 });
    expect(await waits(linger)).toBe(false);
    for (const count of [1, 1, 1]) linger.done(count);
    expect(await waits(linger)).toBe(false);
  });

  it('waits after much was done, until it is told to stop', async () => {
    const linger = createLinger({ ms: 60_000, busyAt: 10 });
    const stop = new AbortController();
    linger.done(20);
    expect(await waits(linger)).toBe(true);
    const waiting = linger.wait(stop.signal);
    stop.abort();
    await waiting;
  });
});
