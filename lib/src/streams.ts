import { connect, Events, nanos, NatsError, RetentionPolicy, StorageType } from 'nats';
import type { NatsConnection } from 'nats';
import type { Logger } from 'pino';
import { retryDelay } from './bell.ts';

export interface StreamSpec {
  /** Name in capitals, e.g. `ORDERS`. */
  readonly name: string;
  /** e.g. `['orders.>']`. */
  readonly subjects: readonly string[];
}

/** A connection, or the promise of one: whoever takes this starts its work once the broker is there, and does not wait for it. */
export type Nats = NatsConnection | Promise<NatsConnection>;

/** The stream's window for dropping a message published twice under one id, in milliseconds. */
const DUPLICATE_WINDOW_MS = 120_000;

/** JetStream's error codes that are compared here; its messages are for people. */
export const JetStreamErrorCode = { ConsumerNotFound: 10014, StreamNotFound: 10059 } as const;

/**
 * Connects to the broker and stays connected: it keeps trying for as long as the broker is away, at first and later.
 * A process that must serve without the broker passes the promise on instead of awaiting it.
 *
 * @throws NatsError only for what no waiting mends: a URL that cannot be read, refused credentials
 */
export async function connectNats({
  url,
  name,
  log,
}: {
  url: string;
  name: string;
  log: Logger;
}): Promise<NatsConnection> {
  const connection = await connect({
    servers: url,
    name,
    waitOnFirstConnect: true,
    // Else each request, so each publication, makes an Error with a stack beforehand in case it fails.
    noAsyncTraces: true,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
    reconnectJitter: 250,
    // A broker that vanished without a word is noticed after two unanswered pings.
    pingInterval: 10_000,
    maxPingOut: 2,
  });
  void logStatus(connection, log);
  return connection;
}

async function logStatus(connection: NatsConnection, log: Logger): Promise<void> {
  for await (const { type } of connection.status()) {
    if (type === Events.Disconnect) log.warn('the broker is away');
    if (type === Events.Reconnect) log.info('the broker is back');
  }
}

/**
 * Makes the stream when it is missing and brings its subjects up to date. File storage, limits retention, no age limit: a
 * service added in a year can still read all of history. Keeps trying while the broker is away; a `signal` ends that.
 *
 * @throws NatsError when the broker refuses the stream for good: subjects that overlap another stream's
 */
export async function ensureStream(
  nc: NatsConnection,
  { name, subjects }: StreamSpec,
  { signal }: { signal?: AbortSignal } = {},
): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await addOrUpdate(nc, { name, subjects });
      return;
    } catch (error) {
      if (signal?.aborted === true || nc.isClosed() || isRefusal(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, retryDelay(attempt, 100, 5_000)));
    }
  }
}

async function addOrUpdate(nc: NatsConnection, { name, subjects }: StreamSpec): Promise<void> {
  const manager = await nc.jetstreamManager();
  try {
    const { config } = await manager.streams.info(name);
    if (!sameTexts(config.subjects, subjects)) await manager.streams.update(name, { subjects: [...subjects] });
  } catch (error) {
    if (!hasApiCode(error, JetStreamErrorCode.StreamNotFound)) throw error;
    await manager.streams.add({
      name,
      subjects: [...subjects],
      storage: StorageType.File,
      retention: RetentionPolicy.Limits,
      max_age: 0,
      duplicate_window: nanos(DUPLICATE_WINDOW_MS),
    });
  }
}

function sameTexts(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((text) => right.includes(text));
}

/** Whether the broker answered with this JetStream error code. */
export function hasApiCode(error: unknown, code: number): boolean {
  return error instanceof NatsError && error.api_error?.err_code === code;
}

/** The broker understood and said no; anything else (no answer, no JetStream yet, no disk space) may pass. */
function isRefusal(error: unknown): boolean {
  return error instanceof NatsError && error.api_error?.code === 400;
}
