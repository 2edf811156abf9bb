import { setImmediate } from 'node:timers/promises';
import { startLiveCore } from '../testing/live-core.ts';
import { createModelledStream } from '../testing/modelled-stream.ts';
import { liveSettings } from './live-settings.ts';

const start = (maxPerCaller: number | null) =>
  startLiveCore(createModelledStream().upstream, { settings: liveSettings.parse({ maxPerCaller }) });

describe('the subscriptions of one caller', () => {
  it('are limited, by subject or by address', async () => {
    const core = start(2);
    const alice = { caller: core.callerOf({ iss: 'i', sub: 'alice' }) };
    const bob = { caller: core.callerOf({ iss: 'i', sub: 'bob' }) };
    const fine = [core.start(alice), core.start(alice), core.start(bob), core.start(), core.start()];
    const refused = [core.start(alice), core.start()];
    const elsewhere = core.start({ address: '127.0.0.2' });
    await setImmediate();
    for (const one of refused) expect([one.end, one.codes]).toEqual(['failed', ['SUBSCRIPTION_LIMIT_EXCEEDED']]);
    for (const one of [...fine, elsewhere]) expect(one.end).toBeUndefined();
    expect(core.live.count()).toBe(6);
    for (const one of [...refused, fine[0]!]) one.stop();
    const next = core.start(alice);
    const tooMany = core.start(alice);
    await setImmediate();
    expect([next.end, tooMany.end, core.live.count()]).toEqual([undefined, 'failed', 6]);
  });

  it('are not where there is no limit', async () => {
    const core = start(null);
    const all = Array.from({ length: 2_000 }, () => core.start());
    await setImmediate();
    expect(core.live.count()).toBe(2_000);
    for (const one of all) one.stop();
    expect(core.live.count()).toBe(0);
  });
});
