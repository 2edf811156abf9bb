import { AckPolicy, DeliverPolicy, nanos } from 'nats';
import type { ConsumerConfig, JsMsg, NatsConnection } from 'nats';

/** How far behind the feed's start its first look begins, in milliseconds: more than clocks differ. */
const CLOCK_MARGIN_MS = 60_000;
/** Life of one pull, in milliseconds; heartbeats come at half of it. */
const PULL_EXPIRES_MS = 5_000;
const PREFETCH = 500;

/** Where the feed stands in its stream. */
export interface FeedCursor {
  /** Instant from which events matter, before the first one was seen. */
  readonly since: Date;
  /** Sequence of the last message seen, 0 for none. */
  sequence: number;
  /** When the stream that `sequence` counts in was made. */
  streamCreated?: string;
}

/**
 * Reads the stream from the cursor on, in order and without acknowledging, until it cannot go on: the broker's consumer is
 * gone, or a message is missing. Calling it again goes on behind the last message seen.
 *
 * @returns `ended` resolves when it cannot go on
 */
export async function readOnwards(
  nc: NatsConnection,
  { stream, cursor, onMessage }: { stream: string; cursor: FeedCursor; onMessage: (message: JsMsg) => void },
): Promise<{ ended: Promise<void>; close: () => Promise<void> }> {
  const manager = await nc.jetstreamManager();
  const { state, created } = await manager.streams.info(stream);
  // The stream was lost and begun anew, or set back: what is in it now may be new to subscribers.
  if (created !== cursor.streamCreated || state.last_seq < cursor.sequence) cursor.sequence = 0;
  cursor.streamCreated = created;
  const { name } = await manager.consumers.add(stream, {
    ack_policy: AckPolicy.None,
    mem_storage: true,
    inactive_threshold: nanos(60_000),
    ...startAt(cursor),
  });
  const consumer = await nc.jetstream().consumers.get(stream, name);
  let delivered = 0;
  const messages = await consumer.consume({
    max_messages: PREFETCH,
    expires: PULL_EXPIRES_MS,
    abort_on_missing_resource: true,
    callback: (message) => {
      // One was lost on the way here; throwing ends this reading.
      if (message.info.deliverySequence !== ++delivered) throw new Error('a message of the feed is missing');
      cursor.sequence = message.seq;
      onMessage(message);
    },
  });
  return {
    ended: messages.closed().then(
      () => undefined,
      () => undefined,
    ),
    async close() {
      await messages.close().catch(() => undefined);
      // Best effort; the broker forgets an idle one by itself.
      if (!nc.isClosed()) await manager.consumers.delete(stream, name).catch(() => false);
    },
  };
}

function startAt({ sequence, since }: FeedCursor): Pick<ConsumerConfig, 'deliver_policy'> & Partial<ConsumerConfig> {
  if (sequence > 0) return { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: sequence + 1 };
  const from = new Date(since.getTime() - CLOCK_MARGIN_MS);
  return { deliver_policy: DeliverPolicy.StartTime, opt_start_time: from.toISOString() };
}
