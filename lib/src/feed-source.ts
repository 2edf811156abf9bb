import { AckPolicy, DeliverPolicy, nanos } from 'nats';
import type { JsMsg, NatsConnection } from 'nats';

/** Life of one pull, in milliseconds; heartbeats come at half of it. */
const PULL_EXPIRES_MS = 5_000;
/** A consumer that nobody pulls from, e.g. a killed process's, is gone after so long, in milliseconds. */
const INACTIVE_MS = 20_000;
const PREFETCH = 500;

/** A stream as it is at the broker. */
export interface StreamState {
  /** When it was made: another instant, another stream. */
  readonly created: string;
  /** The first message's sequence; above `last` when there is none. */
  readonly first: number;
  /** The last message's sequence, 0 for none. */
  readonly last: number;
}

/**
 * @param timeout of the question, in milliseconds
 * @throws NatsError while the broker is away, or the stream is not there
 */
export async function streamState(nc: NatsConnection, stream: string, timeout = 5_000): Promise<StreamState> {
  const manager = await nc.jetstreamManager({ timeout, checkAPI: false });
  const { state, created } = await manager.streams.info(stream);
  return { created, first: state.messages === 0 ? state.last_seq + 1 : state.first_seq, last: state.last_seq };
}

/** The text of the message at a sequence; undefined when there is none. */
export async function messageAt(nc: NatsConnection, stream: string, sequence: number): Promise<string | undefined> {
  const manager = await nc.jetstreamManager();
  try {
    const { data } = await manager.streams.getMessage(stream, { seq: sequence });
    return Buffer.from(data).toString('utf8');
  } catch (error) {
    if ((error as { api_error?: { code?: number } }).api_error?.code === 404) return undefined;
    throw error;
  }
}

/**
 * Reads a stream from a sequence on, in order and without acknowledging, until it cannot go on: the broker's consumer is gone, or a
 * message is missing.
 *
 * @returns `ended` resolves when it cannot go on; `waiting` is how many messages there were at first
 */
export async function readOnwards(
  nc: NatsConnection,
  {
    stream,
    from,
    created,
    onMessage,
  }: { stream: string; from: number; created: string; onMessage: (message: JsMsg) => void },
): Promise<{ ended: Promise<void>; waiting: number; close: () => Promise<void> }> {
  const manager = await nc.jetstreamManager();
  const { name, num_pending: waiting } = await manager.consumers.add(stream, {
    ack_policy: AckPolicy.None,
    mem_storage: true,
    inactive_threshold: nanos(INACTIVE_MS),
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: from,
  });
  // Made anew meanwhile: in another stream the sequence means nothing.
  if ((await streamState(nc, stream)).created !== created) throw new Error('the stream was made anew');
  const consumer = await nc.jetstream().consumers.get(stream, name);
  let delivered = 0;
  const messages = await consumer.consume({
    max_messages: PREFETCH,
    expires: PULL_EXPIRES_MS,
    abort_on_missing_resource: true,
    callback: (message) => {
      // One was lost on the way here; throwing ends this reading.
      if (message.info.deliverySequence !== ++delivered) throw new Error('a message of the feed is missing');
      onMessage(message);
    },
  });
  return {
    waiting,
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
