import { AckPolicy, DeliverPolicy, nanos } from 'nats';
import type { ConsumerMessages, JetStreamManager, JsMsg, NatsConnection } from 'nats';
import { pause } from './bell.ts';

/**
 * How long the broker waits for an acknowledgment before it gives a message to another replica, in milliseconds. Short, so
 * that a killed process's messages come back soon; what is held longer is kept alive by `working()`.
 */
const ACK_WAIT_MS = 10_000;
/** One pull's life, in milliseconds: heartbeats come at half of it, so a stalled one is noticed within two. */
const PULL_EXPIRES_MS = 5_000;

/** How long a drain waits for the broker, in milliseconds. */
const DRAIN_WITHIN_MS = 1_000;

/** The messages of a durable consumer that wait in this process. */
export interface Source {
  /** Up to `limit` messages, oldest first; they stay held until `release`. */
  take(limit: number): JsMsg[];
  /** Whether so many wait. */
  has(count: number): boolean;
  release(messages: readonly JsMsg[]): void;
  /** All that was not taken yet, to be given back. */
  takeRest(): JsMsg[];
  /** Why no more messages come, once that is so: consumer or stream deleted, connection closed. */
  lost(): Error | undefined;
  /** Stops pulling; what the broker had sent is in `takeRest` then. */
  close(): Promise<void>;
}

/**
 * Makes the durable pull consumer if it is missing, removes those of other epochs, and begins to pull.
 *
 * @throws NatsError while the broker or the stream is not there
 */
export async function openSource(
  nc: NatsConnection,
  {
    stream,
    filterSubject,
    durable,
    isStale,
    prefetch,
    onMessage,
  }: {
    stream: string;
    /** One subject; undefined for the whole stream. */
    filterSubject: string | undefined;
    durable: string;
    isStale: (name: string) => boolean;
    prefetch: number;
    onMessage: () => void;
  },
): Promise<Source> {
  const manager = await nc.jetstreamManager();
  await removeStale(manager, stream, isStale);
  await manager.consumers.add(stream, {
    durable_name: durable,
    ack_policy: AckPolicy.Explicit,
    deliver_policy: DeliverPolicy.All,
    ...(filterSubject !== undefined && { filter_subject: filterSubject }),
    ack_wait: nanos(ACK_WAIT_MS),
    // Tries are counted in the database; the broker's count would take a fault of the database for the event's.
    max_deliver: -1,
    max_ack_pending: Math.max(1_000, prefetch * 4),
  });
  const consumer = await nc.jetstream().consumers.get(stream, durable);

  const waiting: JsMsg[] = [];
  const taken = new Set<JsMsg>();
  let lost: Error | undefined;
  const messages = await consumer.consume({
    max_messages: prefetch,
    expires: PULL_EXPIRES_MS,
    abort_on_missing_resource: true,
    callback: (message) => {
      waiting.push(message);
      onMessage();
    },
  });
  const endWith = (error: unknown): void => {
    lost = error instanceof Error ? error : new Error('the consumer was closed');
    clearInterval(keepAlive);
    onMessage();
  };
  const keepAlive = setInterval(() => {
    for (const message of taken) message.working();
    for (const message of waiting) message.working();
  }, ACK_WAIT_MS / 3);
  void messages.closed().then(endWith, endWith);

  return {
    take(limit) {
      const next = waiting.splice(0, limit);
      for (const message of next) taken.add(message);
      return next;
    },
    has: (count) => waiting.length >= count,
    release(done) {
      for (const message of done) taken.delete(message);
    },
    takeRest: () => waiting.splice(0),
    lost: () => lost,
    async close() {
      if (lost === undefined) {
        // Asked for information, the broker forgets our last pull; nats-server 2.9 would lose a message given back to it.
        const pruned = drainSubscription(messages).then(() => consumer.info());
        // A broker that is away does not answer; what it sent is then lost anyway.
        await Promise.race([pruned.catch(() => undefined), pause(DRAIN_WITHIN_MS)]);
      }
      clearInterval(keepAlive);
      await messages.close().catch(() => undefined);
    },
  };
}

/**
 * Stops pulling and waits for what the broker has already sent; `close()` alone would drop that, and the broker would wait
 * for its acknowledgment in vain. The client offers this only as a part of draining the whole connection.
 */
async function drainSubscription(messages: ConsumerMessages): Promise<void> {
  const { sub } = messages as ConsumerMessages & { sub?: { drain(): Promise<void> } };
  await sub?.drain();
}

async function removeStale(
  manager: JetStreamManager,
  stream: string,
  isStale: (name: string) => boolean,
): Promise<void> {
  const stale: string[] = [];
  for await (const { name } of manager.consumers.list(stream)) if (isStale(name)) stale.push(name);
  for (const name of stale) await manager.consumers.delete(stream, name);
}
