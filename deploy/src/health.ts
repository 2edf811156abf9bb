import { setTimeout as wait } from 'node:timers/promises';

/**
 * Waits until `GET <url>/health/ready` answers 200.
 *
 * @param withinMs how long
 * @param gone says why waiting is in vain, once it is
 * @throws with what it answered last when the time is over, or with the reason that `gone` gave
 */
export async function untilReady(url: string, withinMs: number, gone: () => string | undefined): Promise<void> {
  let last = 'it never answered';
  for (const until = Date.now() + withinMs; Date.now() < until; await wait(50)) {
    const reason = gone();
    if (reason !== undefined) throw new Error(reason);
    try {
      const answer = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(2_000) });
      const text = await answer.text();
      if (answer.ok) return;
      last = `it answered ${answer.status}: ${text}`;
    } catch {
      // Not listening yet.
    }
  }
  throw new Error(`was not ready within ${Math.round(withinMs / 1000)} s: ${last}`);
}
