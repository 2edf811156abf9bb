import { setImmediate } from 'node:timers/promises';
import type { Executed } from '../execute.ts';
import type { Upstream, UpstreamSubscription } from '../subgraphs/upstream.ts';
import { startLiveCore, type NotingClient } from '../testing/live-core.ts';
import { createModelledStream, type Told } from '../testing/modelled-stream.ts';
import { randomFrom } from '../testing/random-operation.ts';

/** What one client knows, whatever connections it took: it fails when it is told something twice, too late or not at all. */
class Follower {
  client: NotingClient;
  readonly #versions = new Map<string, number>();
  /** Of the present state that is being told, how many are still to come. */
  #toCome: Set<string> | undefined;
  #isToBegin = true;
  #read = 0;
  #resume: string | undefined;

  constructor(client: NotingClient) {
    this.client = client;
  }

  /** Comes back with what it has. */
  comeBack(start: (resume: string | undefined) => NotingClient): void {
    this.read();
    this.client.stop();
    this.client = start(this.#resume);
    this.#read = 0;
    // Without a token it begins anew; with one, whatever its first message says.
    if (this.#resume === undefined) this.#isToBegin = true;
  }

  read(): void {
    for (; this.#read < this.client.messages.length; this.#read++) {
      const { text, resume } = this.client.messages[this.#read]!;
      const { data, extensions } = JSON.parse(text) as {
        data: { told: Told };
        extensions: { resumed?: string; resumedReason?: string };
      };
      this.#resume = resume;
      if (extensions.resumed === 'snapshot') this.#isToBegin = true;
      this.#take(data.told);
    }
  }

  #take({ aggregate, version, of }: Told): void {
    if (this.#isToBegin) {
      this.#isToBegin = false;
      this.#versions.clear();
      this.#toCome = new Set();
    }
    if (of !== undefined) {
      if (this.#toCome === undefined || this.#toCome.has(aggregate))
        throw new Error('a part of a present state too many');
      this.#toCome.add(aggregate);
      this.#versions.set(aggregate, version);
      if (this.#toCome.size === of) this.#toCome = undefined;
      return;
    }
    const before = this.#versions.get(aggregate) ?? 0;
    if ((this.#toCome?.size ?? 0) > 0) throw new Error('a change before the end of the present state');
    if (version !== before + 1) throw new Error(`version ${version} of ${aggregate} after ${before}`);
    this.#versions.set(aggregate, version);
  }

  get versions(): ReadonlyMap<string, number> {
    return this.#versions;
  }
}

async function follow(seed: number): Promise<void> {
  const random = randomFrom(seed);
  const stream = createModelledStream();
  const filling: (() => void)[] = [];
  const core = startLiveCore(stream.upstream, {
    limits: { waitingEvents: 1 + random.below(6), retryMs: 0, newTries: Infinity, newMs: Infinity },
    executeEvent: ({ data }) =>
      new Promise<Executed>((resolve) => filling.push(() => resolve({ data: JSON.stringify(data) }))),
  });
  const followers: Follower[] = [];
  const start = (resume?: string) => core.start({ resume });
  const mayStartAnew = random.chance(0.3);

  const actions: (() => void)[] = [
    () => stream.commit(random.pick(['a', 'b', 'c'])),
    () => void stream.publish(),
    () => void stream.publish(),
    () => stream.publishOther(),
    ...Array.from({ length: 8 }, () => () => void stream.step(random.below)),
    ...Array.from({ length: 5 }, () => () => filling.splice(random.below(filling.length), 1)[0]?.()),
    () => void (followers.length < 12 && followers.push(new Follower(start()))),
    () => followers.length > 0 && random.pick(followers).comeBack(start),
    () => void (random.chance(0.2) && stream.breakDown()),
    () => {
      if (followers.length > 2) followers.splice(random.below(followers.length), 1)[0]!.client.stop();
    },
    () => void (mayStartAnew && random.chance(0.1) && stream.startAnew()),
  ];
  for (let count = 0; count < 400; count++) {
    random.pick(actions)();
    if (random.chance(0.5)) await setImmediate();
    for (const one of followers) one.read();
  }

  async function settle(): Promise<void> {
    while (stream.publish());
    for (let quiet = 0; quiet < 3;) {
      const moved = stream.step(random.below) || filling.length > 0;
      filling.splice(0).forEach((fill) => fill());
      await setImmediate();
      quiet = moved ? 0 : quiet + 1;
    }
    for (const one of followers) {
      one.read();
      expect(one.versions).toEqual(stream.present());
    }
  }
  // All that is left takes its way; with one more change those who were apart while an upstream was lost are at one place.
  await settle();
  stream.commit('a');
  await settle();
  // Whoever is at the same place has come together.
  expect(stream.running).toBe(followers.length === 0 ? 0 : 1);
  for (const { client } of followers) client.stop();
  expect([stream.running, core.live.count()]).toEqual([0, 0]);
}

describe('clients of one topic', () => {
  it.each(Array.from({ length: 10 }, (_none, index) => index * 30 + 1))(
    'are told the present state and then every change, once and in order, however they come, go and come back: seeds from %i',
    async (first) => {
      for (let seed = first; seed < first + 30; seed++) {
        const problem = await follow(seed).then(
          () => undefined,
          (error: unknown) => error,
        );
        expect([seed, problem]).toEqual([seed, undefined]);
      }
    },
  );
});

describe('a client that joins others who are behind it', () => {
  /** One stays at `s~1`; the other comes later, at `s~5`, and joins it. Then messages come to the one upstream that is left. */
  async function joined(positions: readonly (string | undefined)[]) {
    const all = new Map<number, UpstreamSubscription>();
    const upstream: Upstream = {
      subscribe(subscription) {
        all.set(all.size, subscription);
        return all.size - 1;
      },
      unsubscribe: (id) => void all.delete(id),
      close() {},
    };
    const core = startLiveCore(upstream);
    async function tell(subscription: UpstreamSubscription | undefined, told: unknown, position: string | undefined) {
      subscription!.event({ answer: { data: { told } }, place: position === undefined ? {} : { position } });
      await setImmediate();
    }
    const staying = core.start();
    await tell(all.get(0), 'present', 's~1');
    const coming = core.start();
    await tell(all.get(1), 'present', 's~5');
    expect(all.has(1)).toBe(false);
    for (const [index, position] of positions.entries()) await tell(all.get(0), index, position);
    return [staying, coming].map(({ messages }) =>
      messages.slice(1).map(({ text }) => (JSON.parse(text) as { data: { told: unknown } }).data.told),
    );
  }

  it('is told what comes behind its place, and nothing before it', async () => {
    expect(await joined(['s~3', 's~5', 's~6', 's~7'])).toEqual([[0, 1, 2, 3], [2, 3]]); // prettier-ignore
    expect(await joined(['s~3', 's~6'])).toEqual([[0, 1], [1]]);
  });

  it('is told all of an event that is several messages, or none of it', async () => {
    expect(await joined(['s~1', undefined, 's~7'])).toEqual([[0, 1, 2], [0, 1, 2]]); // prettier-ignore
    expect(await joined(['s~1', undefined, 's~4', undefined, 's~6'])).toEqual([[0, 1, 2, 3, 4], [3, 4]]); // prettier-ignore
    expect(await joined(['s~1', 's~5', undefined, 's~6'])).toEqual([[0, 1, 2, 3], [2, 3]]); // prettier-ignore
  });

  it('is told all of another life of the stream', async () => {
    expect(await joined(['t~1', 't~2'])).toEqual([[0, 1], [0, 1]]); // prettier-ignore
  });
});
