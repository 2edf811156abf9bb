import { setImmediate, setTimeout } from 'node:timers/promises';
import { createBreaker, type Admission, type Breaker } from './subgraph-breaker.ts';

const settings = { failurePercent: 50, minimumCalls: 4, windowMs: 60_000, probeAfterMs: 1 };

function breakerWith(changes: Partial<typeof settings> = {}) {
  const told: string[] = [];
  const breaker = createBreaker({ ...settings, ...changes }, (state) => told.push(state));
  return { breaker, told };
}

async function fails(breaker: Breaker, times: number): Promise<void> {
  for (let time = 0; time < times; time++) breaker.failed(breaker.admit());
  // It hears of failures by promises.
  await setImmediate();
}

function succeeds(breaker: Breaker, times: number): void {
  for (let time = 0; time < times; time++) breaker.succeeded(breaker.admit());
}

/** The probe is let through after a while. */
async function probeOf(breaker: Breaker): Promise<Admission> {
  for (;;) {
    const admission = breaker.admit();
    if (admission !== 'refused') return admission;
    await setTimeout(1);
  }
}

describe('a circuit breaker', () => {
  it('opens when more than its part of the calls failed', async () => {
    const { breaker, told } = breakerWith({ probeAfterMs: 60_000 });
    succeeds(breaker, 4);
    await fails(breaker, 4);
    expect(breaker.admit()).toBe('usual');
    await fails(breaker, 1);
    expect(breaker.admit()).toBe('refused');
    expect(told).toEqual(['opened']);
  });

  it('stays closed when there were few calls', async () => {
    const { breaker } = breakerWith();
    await fails(breaker, 3);
    expect(breaker.admit()).toBe('usual');
  });

  it('lets one probe through, and closes when it has an answer', async () => {
    const { breaker, told } = breakerWith();
    await fails(breaker, 4);
    expect(await probeOf(breaker)).toBe('probe');
    expect([breaker.admit(), breaker.admit()]).toEqual(['refused', 'refused']);
    breaker.succeeded('probe');
    await setImmediate();
    expect(breaker.admit()).toBe('usual');
    expect(told).toEqual(['opened', 'closed']);
  });

  it('stays open when the probe fails, which is not told again', async () => {
    const { breaker, told } = breakerWith();
    await fails(breaker, 4);
    breaker.failed(await probeOf(breaker));
    await setImmediate();
    expect(await probeOf(breaker)).toBe('probe');
    expect(told).toEqual(['opened']);
  });

  it('does not care how calls from before it opened end', async () => {
    const { breaker } = breakerWith();
    const early = [breaker.admit(), breaker.admit()] as const;
    await fails(breaker, 4);
    const probe = await probeOf(breaker);
    breaker.succeeded(early[0]);
    breaker.failed(early[1]);
    await setImmediate();
    expect(breaker.admit()).toBe('refused');
    breaker.succeeded(probe);
    await setImmediate();
    expect(breaker.admit()).toBe('usual');
  });
});
