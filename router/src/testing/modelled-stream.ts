import type { Upstream, UpstreamPlace, UpstreamSubscription } from '../subgraphs/upstream.ts';

/** One aggregate's change. */
interface Change {
  readonly aggregate: string;
  readonly version: number;
}

/** What a message to a client says: one aggregate's state, and how many of them the present state has where it is part of one. */
export interface Told extends Change {
  readonly of?: number;
}

/** A subgraph's side of one subscription. */
interface Feed {
  readonly subscription: UpstreamSubscription;
  readonly waiting: (() => void)[];
  /** The first event in the log that was not looked at; Infinity until it has begun. */
  next: number;
  /** Versions that the snapshot had before the log. */
  readonly ahead: Map<string, number>;
}

/**
 * A subgraph as the wire has it, in this process: changes are committed first and published later, so that a snapshot may be
 * ahead of the stream. Nothing moves by itself: a test says when.
 */
export function createModelledStream() {
  const committed: Change[] = [];
  /** The sequence of an event is its index and one; what isn't of the topic takes up sequences, too. */
  let log: (Change | undefined)[] = [];
  let life = 1;
  let published = 0;
  const feeds = new Map<number, Feed>();
  let lastId = 0;
  let subscribes = 0;

  const versionsOf = (changes: readonly (Change | undefined)[]) =>
    new Map(changes.flatMap((change) => (change === undefined ? [] : [[change.aggregate, change.version] as const])));

  function place(feed: Feed): string {
    const text = `s${life}~${feed.next}`;
    return feed.ahead.size === 0 ? text : `${text}~${[...feed.ahead].map((one) => one.join('.')).join('-')}`;
  }

  function tell({ subscription }: Feed, told: Told, said: UpstreamPlace): void {
    subscription.event({ answer: { data: { told: { ...told } } }, place: said });
  }

  function snapshot(feed: Feed, resumed: { resumed?: 'snapshot' }): void {
    feed.next = log.length;
    const inLog = versionsOf(log);
    const states = [...versionsOf(committed)];
    for (const [aggregate, version] of states) {
      if (version > (inLog.get(aggregate) ?? 0)) feed.ahead.set(aggregate, version);
    }
    const position = place(feed);
    if (states.length === 0) feed.waiting.push(() => feed.subscription.ready({ position, ...resumed }));
    states.forEach(([aggregate, version], index) =>
      feed.waiting.push(() =>
        tell(
          feed,
          { aggregate, version, of: states.length },
          { ...(index === states.length - 1 && { position }), ...(index === 0 && resumed) },
        ),
      ),
    );
  }

  function resume(feed: Feed, from: string): void {
    const [, stream, sequence, more = ''] = /^([^~]*)~(\d+)(?:~(.*))?$/.exec(from)!;
    if (stream !== `s${life}`) return snapshot(feed, { resumed: 'snapshot' });
    feed.next = Number(sequence);
    for (const one of more.split('-').filter((text) => text !== '')) {
      const [aggregate = '', version] = one.split('.');
      feed.ahead.set(aggregate, Number(version));
    }
    const position = place(feed);
    feed.waiting.push(() => feed.subscription.ready({ position, resumed: 'exact' }));
  }

  /** Looks at the next event of the log. @returns false when there is none */
  function look(feed: Feed): boolean {
    if (feed.next >= log.length) return false;
    const change = log[feed.next];
    feed.next += 1;
    if (change === undefined) return true;
    const ahead = feed.ahead.get(change.aggregate) ?? 0;
    if (change.version > ahead) tell(feed, change, { position: place(feed), occurredAt: change.version });
    else if (change.version === ahead) {
      feed.ahead.delete(change.aggregate);
      if (feed.ahead.size === 0) feed.subscription.ready({ position: place(feed) });
    }
    return true;
  }

  function read(feed: Feed): void {
    const { resumeFrom } = feed.subscription.request().extensions;
    if (typeof resumeFrom === 'string') resume(feed, resumeFrom);
    else snapshot(feed, {});
  }

  const upstream: Upstream = {
    subscribe(subscription) {
      const id = ++lastId;
      subscribes += 1;
      const feed: Feed = { subscription, waiting: [], next: Infinity, ahead: new Map() };
      feeds.set(id, feed);
      feed.waiting.push(() => read(feed));
      return id;
    },
    unsubscribe: (id) => void feeds.delete(id),
    close() {},
  };

  return {
    upstream,
    /** How often something was subscribed. */
    get subscribes() {
      return subscribes;
    },
    get running() {
      return feeds.size;
    },
    /** The versions that there are. */
    present: () => versionsOf(committed),
    commit(aggregate: string): void {
      committed.push({ aggregate, version: (versionsOf(committed).get(aggregate) ?? 0) + 1 });
    },
    /** Publishes what was committed first. @returns false when all is published */
    publish(): boolean {
      const change = committed[published];
      if (change === undefined) return false;
      published += 1;
      log.push(change);
      return true;
    },
    /** Something of another topic. */
    publishOther: () => void log.push(undefined),
    /** The router hears one thing more of a subscription. @returns false when nothing is there to be heard */
    step(pick: (count: number) => number): boolean {
      const able = [...feeds.values()].filter(({ waiting, next }) => waiting.length > 0 || next < log.length);
      const feed = able[pick(able.length)];
      if (feed === undefined) return false;
      const message = feed.waiting.shift();
      if (message !== undefined) message();
      else look(feed);
      return true;
    },
    /** The connection breaks. */
    breakDown(): void {
      const lost = [...feeds.values()];
      feeds.clear();
      for (const { subscription } of lost) subscription.lost('broken', 'connection');
    },
    /** The broker lost its disk: the stream begins again with what was published, in another order of its own. */
    startAnew(): void {
      life += 1;
      log = [undefined, ...committed.slice(0, published)];
      for (const feed of feeds.values()) {
        if (feed.next === Infinity) continue;
        feed.waiting.length = 0;
        feed.ahead.clear();
        snapshot(feed, { resumed: 'snapshot' });
      }
    },
  };
}
