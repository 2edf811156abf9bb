import { Events } from 'nats';
import type { JsMsg, NatsConnection, QueuedIterator, Status } from 'nats';
import type { Logger } from 'pino';
import { pause, retryDelay } from './bell.ts';
import { parseEnvelope } from './events.ts';
import type { EventEnvelope } from './events.ts';
import { readOnwards } from './feed-source.ts';
import type { FeedCursor } from './feed-source.ts';
import { createReadingLog } from './reading-log.ts';
import type { Nats } from './streams.ts';
import { createSubscriberQueue } from './subscriber.ts';
import type { Subscriber, SubscriberQueue } from './subscriber.ts';

export type { Subscriber } from './subscriber.ts';
export { liveVersions } from './live-versions.ts';
export type { LiveVersions } from './live-versions.ts';

export interface FeedOptions<Event extends EventEnvelope = EventEnvelope> {
  readonly nats: Nats;
  readonly stream: string;
  readonly log: Logger;
  /** The keys under which subscribers find an event. */
  readonly keysOf: (event: Event) => readonly string[];
  /** How many events may wait for one subscriber before they are thinned out. @default 256 */
  readonly buffer?: number;
}

export interface Feed {
  /** Begins in the background; neither the broker nor the stream need be there yet. */
  start(): Promise<void>;
  /** The events under a key from now on; some from just before may come too, so compare versions (`liveVersions` does). */
  subscribe(key: string): Subscriber;
  /** Ends every subscriber and the feed. */
  drain(): Promise<void>;
}

/**
 * Hands the events of a stream to any number of subscribers in this process from one consumer at the broker. Nothing stored
 * after the feed was created is missed, whatever the broker goes through; a slow subscriber delays nobody.
 */
export function createFeed<Event extends EventEnvelope = EventEnvelope>({
  nats,
  stream,
  log: parentLog,
  keysOf,
  buffer = 256,
}: FeedOptions<Event>): Feed {
  const log = parentLog.child({ feed: stream });
  const readingLog = createReadingLog('the feed', log);
  const queues = new Map<string, Set<SubscriberQueue>>();
  const stopped = new AbortController();
  const untilStopped = new Promise<undefined>((resolve) => {
    stopped.signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
  const cursor: FeedCursor = { since: new Date(), sequence: 0 };
  let running: Promise<void> | undefined;

  async function readUntilStopped(): Promise<void> {
    const nc = await Promise.race([nats, untilStopped]);
    for (let attempt = 0; nc && !stopped.signal.aborted && !nc.isClosed(); attempt++) {
      try {
        await readOnce(nc);
        attempt = 0;
      } catch (error) {
        readingLog.cannotRead(error);
      }
      await pause(retryDelay(attempt, 50, 2_000), stopped.signal);
    }
  }

  async function readOnce(nc: NatsConnection): Promise<void> {
    const reading = await readOnwards(nc, { stream, cursor, onMessage: fanOut });
    readingLog.reads();
    // The client's iterator can be stopped, though its type does not say so.
    const status = nc.status() as QueuedIterator<Status>;
    await Promise.race([reading.ended, untilReconnected(status), untilStopped]);
    status.stop();
    await reading.close();
  }

  /** What the broker sent into a connection that was already dead is lost, and nothing says so until the next message. */
  async function untilReconnected(status: AsyncIterable<Status>): Promise<void> {
    for await (const { type } of status) if (type === Events.Reconnect) return;
  }

  function fanOut(message: JsMsg): void {
    // Before the first subscriber there is nobody to read it for.
    if (queues.size === 0) return;
    try {
      const event = parseEnvelope(message.string());
      for (const key of new Set(keysOf(event as Event))) {
        for (const queue of queues.get(key) ?? []) queue.push(event);
      }
    } catch (error) {
      log.warn({ err: error, sequence: message.seq }, 'a message of the feed is no event, it is passed over');
    }
  }

  return {
    async start() {
      running ??= readUntilStopped();
      running.catch((error: unknown) => log.error({ err: error }, 'the feed ended'));
    },
    subscribe(key) {
      const own = queues.get(key) ?? new Set();
      const queue = createSubscriberQueue(buffer, () => {
        own.delete(queue);
        if (own.size === 0 && queues.get(key) === own) queues.delete(key);
      });
      if (stopped.signal.aborted) queue.end();
      else queues.set(key, own.add(queue));
      return queue.subscriber;
    },
    async drain() {
      stopped.abort();
      for (const own of queues.values()) for (const queue of own) queue.end();
      await running;
    },
  };
}
