import { setImmediate } from 'node:timers/promises';
import { startLiveCore, type NotingClient } from '../testing/live-core.ts';
import { createModelledStream } from '../testing/modelled-stream.ts';

function begin(options: Parameters<typeof startLiveCore>[1] = {}) {
  const stream = createModelledStream();
  const core = startLiveCore(stream.upstream, options);
  /** All that is there takes its way. */
  async function settle(): Promise<void> {
    for (let quiet = 0; quiet < 3;) {
      quiet = stream.step(() => 0) ? 0 : quiet + 1;
      await setImmediate();
    }
  }
  function change(aggregate = 'a'): void {
    stream.commit(aggregate);
    stream.publish();
  }
  return { stream, core, settle, change };
}

const told = (client: NotingClient) =>
  client.messages.map(({ text }) => (JSON.parse(text) as { data: { told: { version: number } } }).data.told.version);

describe('a client that comes back with its token', () => {
  it('gets what it has missed and no more, and is told that this is so', async () => {
    const { core, settle, change } = begin();
    change();
    const before = core.start();
    await settle();
    change();
    await settle();
    expect([told(before), before.said]).toEqual([[1, 2], [{}, {}]]); // prettier-ignore
    before.stop();
    for (let count = 0; count < 3; count++) change();
    const after = core.start({ resume: before.resume! });
    await settle();
    expect(told(after)).toEqual([3, 4, 5]);
    expect(after.said).toEqual([{ resumed: 'exact' }, {}, {}]);
  });

  it('does so at another router of the deployment, while others go on there', async () => {
    const { stream, core, settle, change } = begin();
    change();
    const before = core.start();
    await settle();
    before.stop();
    const other = startLiveCore(stream.upstream);
    const there = other.start();
    await settle();
    change();
    await settle();
    const after = other.start({ resume: before.resume! });
    await settle();
    expect([told(there), told(after), after.said]).toEqual([[1, 2], [2], [{ resumed: 'exact' }]]);
    change();
    await settle();
    expect([told(there), told(after)]).toEqual([[1, 2, 3], [2, 3]]); // prettier-ignore
    expect(stream.running).toBe(1);
  });

  it("waits for a subgraph that can't be reached, as one does that never went away", async () => {
    const { stream, core, settle, change } = begin();
    change();
    const before = core.start();
    await settle();
    before.stop();
    change();
    const after = core.start({ resume: before.resume! });
    for (let tries = 0; tries < 20; tries++) stream.breakDown();
    await settle();
    expect([told(after), after.said]).toEqual([[2], [{ resumed: 'exact' }]]);
  });

  it('asks nothing of the subgraph when others are at the same place', async () => {
    const { stream, core, settle, change } = begin();
    change();
    const staying = core.start();
    const leaving = core.start();
    await settle();
    leaving.stop();
    const after = core.start({ resume: leaving.resume! });
    change();
    await settle();
    expect([told(staying), told(after), after.said]).toEqual([[1, 2], [2], [{ resumed: 'exact' }]]);
    expect(stream.subscribes).toBe(1);
  });

  it('gets the present state, and is told, when the stream has begun anew', async () => {
    const { stream, core, settle, change } = begin();
    change();
    const before = core.start();
    await settle();
    before.stop();
    stream.startAnew();
    change();
    const after = core.start({ resume: before.resume! });
    await settle();
    expect([told(after), after.said]).toEqual([[2], [{ resumed: 'snapshot', resumedReason: 'STREAM_GONE' }]]);
  });

  it('gets the present state, and is told, when its token is none for this', async () => {
    const { stream, core, settle, change } = begin();
    const alice = core.callerOf({ iss: 'i', sub: 'alice' });
    const bob = core.callerOf({ iss: 'i', sub: 'bob' });
    change();
    const before = core.start({ caller: alice, variables: { id: 1 } });
    await settle();
    before.stop();
    change();
    const resume = before.resume!;
    const elsewhere = startLiveCore(stream.upstream, { routerKey: 'another key that has 32 characters, too' });
    for (const [reason, client] of [
      ['OTHER_CALLER', core.start({ resume, caller: bob, variables: { id: 1 } })],
      ['OTHER_CALLER', core.start({ resume, variables: { id: 1 } })],
      ['OTHER_OPERATION', core.start({ resume, caller: alice, variables: { id: 2 } })],
      ['OTHER_OPERATION', core.start({ resume, caller: alice, variables: { id: 1 }, text: 'subscription { other }' })],
      ['FORGED', core.start({ resume: `${resume}x`, caller: alice, variables: { id: 1 } })],
      ['FORGED', elsewhere.start({ resume, caller: alice, variables: { id: 1 } })],
    ] as const) {
      await settle();
      expect([told(client), client.said]).toEqual([[2], [{ resumed: 'expired', resumedReason: reason }]]);
    }
  });

  it('goes on with a new token of the same caller, whatever else the token says', async () => {
    const { core, settle, change } = begin();
    const first = core.callerOf({ iss: 'i', sub: 'alice', exp: 1, iat: 1, role: 'a' });
    const second = core.callerOf({ iss: 'i', sub: 'alice', exp: 2, iat: 2, role: 'b' });
    change();
    const before = core.start({ caller: first, variables: { one: 1, two: 2 } });
    await settle();
    before.stop();
    change();
    // The order in which variables are sent means nothing.
    const after = core.start({ resume: before.resume!, caller: second, variables: { two: 2, one: 1 } });
    await settle();
    expect([told(after), after.said]).toEqual([[2], [{ resumed: 'exact' }]]);
  });

  it('is told with its first message when it left before it had all of the present state', async () => {
    const { stream, core, settle, change } = begin();
    for (const aggregate of ['a', 'b', 'c']) change(aggregate);
    const before = core.start();
    while (before.messages.length === 0) {
      stream.step(() => 0);
      await setImmediate();
    }
    before.stop();
    const after = core.start({ resume: before.resume! });
    await settle();
    expect([before.messages.length, told(after)]).toEqual([1, [1, 1, 1]]);
    expect(after.said).toEqual([{ resumed: 'snapshot', resumedReason: 'STREAM_GONE' }, {}, {}]);
  });
});

describe('a client that stays', () => {
  it('is told nothing of a lost connection', async () => {
    const { stream, core, settle, change } = begin();
    change();
    const client = core.start();
    await settle();
    stream.breakDown();
    change();
    await settle();
    expect([told(client), client.said]).toEqual([[1, 2], [{}, {}]]); // prettier-ignore
  });

  it('gets the present state, and is told, when the stream begins anew under it', async () => {
    const { stream, core, settle, change } = begin();
    change();
    const client = core.start();
    await settle();
    stream.startAnew();
    await settle();
    change();
    await settle();
    expect(told(client)).toEqual([1, 1, 2]);
    expect(client.said).toEqual([{}, { resumed: 'snapshot', resumedReason: 'STREAM_GONE' }, {}]);
  });

  it('misses nothing and waits no longer than it must when events come faster than they are filled in', async () => {
    const filling: (() => void)[] = [];
    const { stream, core, settle, change } = begin({
      limits: { waitingEvents: 3 },
      executeEvent: ({ data }) => new Promise((resolve) => filling.push(() => resolve({ data: JSON.stringify(data) }))),
    });
    const client = core.start();
    await settle();
    for (let count = 0; count < 20; count++) change();
    await settle();
    // It is let go of until those are through that wait.
    expect([filling.length, stream.running]).toEqual([4, 0]);
    while (filling.length > 0) {
      filling.shift()!();
      await settle();
    }
    expect(told(client)).toEqual(Array.from({ length: 20 }, (_none, index) => index + 1));
    expect(client.said.every((said) => Object.keys(said).length === 0)).toBe(true);
  });
});

describe('a reload', () => {
  it('has what is the same go on where its subgraph is now, behind what came last', async () => {
    const { stream, core, settle, change } = begin();
    change();
    const client = core.start();
    await settle();
    const moved = { ...stream.upstream };
    await core.live.moveTo(core.generationOf(new Map([['one', moved]])));
    change();
    await settle();
    expect([told(client), client.said, stream.subscribes, stream.running]).toEqual([[1, 2], [{}, {}], 2, 1]);
  });
});
