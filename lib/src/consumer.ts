import { createHash } from 'node:crypto';
import type { JsMsg, NatsConnection } from 'nats';
import type { Logger } from 'pino';
import { createBell, pause, retryDelay } from './bell.ts';
import { createApplier } from './consumer-apply.ts';
import type { Versions } from './consumer-apply.ts';
import { openSource } from './consumer-source.ts';
import type { Source } from './consumer-source.ts';
import { isDatabaseFault } from './database-fault.ts';
import { countRetrying, nextDueInMs } from './dead-letter-store.ts';
import { parseEnvelope } from './events.ts';
import type { EventEnvelope } from './events.ts';
import { readEpoch } from './inbox.ts';
import { createLinger } from './linger.ts';
import { createReadingLog } from './reading-log.ts';
import type { Database, SqlClient } from './sql-client.ts';
import { hasApiCode, JetStreamErrorCode } from './streams.ts';
import type { Nats } from './streams.ts';
import type { Tracer } from './telemetry.ts';

export type { Database, SqlClient } from './sql-client.ts';

export interface ConsumerOptions<Tx extends SqlClient, Event extends EventEnvelope = EventEnvelope> {
  readonly nats: Nats;
  readonly stream: string;
  /** Subject of the events to read, e.g. `orders.*.Paid`; then `versions` must be `increasing`. @default the whole stream */
  readonly filterSubject?: string;
  /**
   * `gapless`: every version of an aggregate comes, so one that comes too soon waits for those before it. `increasing`: only
   * some come; what is above the last one is applied, so it is for aggregates with at most one such event, or where a
   * later one makes an earlier one void: an earlier one that comes late is passed over. @default 'gapless'
   */
  readonly versions?: Versions;
  readonly service: string;
  readonly database: Database<Tx>;
  /**
   * Applies one event within `tx`, in which the event is marked as seen too. A type it does not know it passes over by
   * returning. It must not call outside systems. It may run more than once for an event, never more than once with effect.
   */
  readonly handle: (event: Event, tx: Tx) => Promise<void> | void;
  readonly log: Logger;
  /** Events per transaction at most. @default 100 */
  readonly batch?: number;
  /** Tries of an event before it is a dead letter. @default 5 */
  readonly maxTries?: number;
  /** Called after a commit that applied something, e.g. to wake the relay. */
  readonly onApplied?: () => void;
  /** With it the event that `handle` gets carries the trace context of its own handling, for what comes of it. */
  readonly tracer?: Tracer | undefined;
}

export interface Consumer {
  /** Begins in the background; neither the broker nor the stream nor the database need be there yet. */
  start(): Promise<void>;
  /** Finishes the batch at hand and gives the rest back to the broker. */
  drain(): Promise<void>;
  /** Events this consumer still has to apply or is trying again; not those that are parked or dead. */
  pending(): Promise<number>;
  /** Whether the broker has the stream: without it nothing is pending, as its owner has not said anything yet. */
  hasStream(): Promise<boolean>;
}

/** A look at the dead letters even when none is known to be due, in milliseconds. */
const LETTERS_POLL_MS = 1_000;
/** The rest after a batch under load, in milliseconds. */
const LINGER_MS = 20;
/** Failures of a batch after each of which the others go together again; then all go one by one. */
const APART_AT_MOST = 3;
const EPOCH = /^[0-9a-f]{8}$/;

/**
 * Applies every event of a stream to this service's database: at least once delivered, once with effect, each aggregate's in
 * the order of its versions. Replicas share the work through one durable consumer.
 */
export function createConsumer<Tx extends SqlClient, Event extends EventEnvelope = EventEnvelope>({
  nats,
  stream,
  filterSubject,
  versions = 'gapless',
  service,
  database,
  handle,
  log: parentLog,
  batch = 100,
  maxTries = 5,
  onApplied,
  tracer,
}: ConsumerOptions<Tx, Event>): Consumer {
  const consumer = `${service}-${stream}`;
  const log = parentLog.child({ consumer });
  const readingLog = createReadingLog('the consumer', log);
  const applier = createApplier<Tx>({
    consumer,
    database,
    // What the stream's owner puts into it is the caller's to know.
    handle: (event, tx) => handle(event as Event, tx),
    maxTries,
    versions,
    log,
    tracer,
  });
  const messageBell = createBell();
  const lettersBell = createBell();
  const stopped = new AbortController();
  let running: Promise<unknown> | undefined;
  /** Shrinks when the database cannot take a whole batch (a transaction's time limit), and grows again. */
  let size = batch;
  let faults = 0;

  async function pullUntilStopped(): Promise<void> {
    const nc = await firstOf(nats, stopped.signal);
    for (let attempt = 0; nc && !stopped.signal.aborted && !nc.isClosed(); attempt++) {
      let source: Source | undefined;
      try {
        source = await openSource(nc, {
          stream,
          filterSubject,
          durable: await durableName(),
          isStale,
          prefetch: batch * 2,
          onMessage: () => messageBell.ring(),
        });
        readingLog.reads();
        attempt = 0;
        await applyFrom(source);
      } catch (error) {
        readingLog.cannotRead(error);
        await pause(retryDelay(attempt, 100, 2_000), stopped.signal);
      } finally {
        await source?.close();
      }
    }
  }

  let epoch: string | undefined;
  async function durableName(): Promise<string> {
    epoch ??= await database.transaction(readEpoch);
    return `${consumer}-${epoch}`;
  }

  function isStale(name: string): boolean {
    const suffix = name.slice(consumer.length + 1);
    return name.startsWith(`${consumer}-`) && EPOCH.test(suffix) && suffix !== epoch;
  }

  async function applyFrom(source: Source): Promise<void> {
    const linger = createLinger({ ms: LINGER_MS });
    while (!stopped.signal.aborted) {
      if (!source.has(size)) await linger.wait(stopped.signal);
      const messages = source.take(size);
      const lost = source.lost();
      if (messages.length > 0) {
        await applyMessages(source, messages);
        linger.done(messages.length);
      } else if (lost) throw lost;
      else await messageBell.wait(60_000);
    }
    // First closed: what is given back while the pull is open comes straight back here.
    await source.close();
    for (const message of source.takeRest()) message.nak();
  }

  async function applyMessages(source: Source, messages: readonly JsMsg[]): Promise<void> {
    const left = new Set(messages.map(readMessage));
    try {
      for (const one of left) if (one.error !== undefined) await applyApart(one, left);
      for (let apart = 0; left.size > 0; apart++) {
        const failed = apart < APART_AT_MOST ? await applyTogether(left) : firstIn(left);
        if (failed) await applyApart(failed, left);
      }
      if (faults > 0) log.info('events are applied again');
      faults = 0;
      size = Math.min(batch, size * 2);
    } catch (error) {
      size = Math.max(1, Math.floor(size / 2));
      if (faults === 0) log.warn({ err: error }, 'events cannot be applied now, they are delivered again');
      const delay = retryDelay(faults++, 100, 5_000);
      for (const { message } of left) message.nak(delay);
      for (const message of source.takeRest()) message.nak(delay);
      await pause(delay, stopped.signal);
    } finally {
      source.release(messages);
    }
  }

  /** Applies and acknowledges all that are left, or none; then returns the one that failed, which must go apart. */
  async function applyTogether(left: Set<Readout>): Promise<Readout | undefined> {
    let current: EventEnvelope | undefined;
    try {
      const applied = await applier.applyTogether(
        [...left].map(({ event }) => event),
        (event) => (current = event),
      );
      for (const { message } of left) message.ack();
      left.clear();
      if (applied > 0) onApplied?.();
      return undefined;
    } catch (error) {
      // No event's doing: all come again, fewer at a time.
      if (isDatabaseFault(error)) throw error;
      log.debug({ err: error }, 'a batch failed, one of its events goes apart');
      return firstIn(left, current);
    }
  }

  /** In a transaction of its own, so that its failure is counted against it and is nobody else's. */
  async function applyApart(one: Readout, left: Set<Readout>): Promise<void> {
    if (one.error !== undefined) await applier.bury(one.event, one.error);
    else if ((await applier.applyAlone(one.event)) > 0) onApplied?.();
    else lettersBell.ring();
    one.message.ack();
    left.delete(one);
  }

  function readMessage(message: JsMsg): Readout {
    try {
      const event = parseEnvelope(message.string());
      return { message, event: tracer === undefined ? event : asSent(event, message) };
    } catch (error) {
      return { message, event: placeholder(message), error };
    }
  }

  async function retryLettersUntilStopped(): Promise<void> {
    let failing = false;
    while (!stopped.signal.aborted) {
      let wait = LETTERS_POLL_MS;
      try {
        if ((await applier.retryDue()) > 0) onApplied?.();
        wait = (await database.transaction(async (tx) => nextDueInMs(tx, consumer))) ?? LETTERS_POLL_MS;
        if (failing) log.info('dead letters are looked at again');
        failing = false;
      } catch (error) {
        if (!failing) log.warn({ err: error }, 'dead letters cannot be looked at now');
        failing = true;
      }
      await lettersBell.wait(Math.min(wait, LETTERS_POLL_MS));
    }
  }

  return {
    async start() {
      running ??= Promise.all([pullUntilStopped(), retryLettersUntilStopped()]);
      running.catch((error: unknown) => log.error({ err: error }, 'the consumer ended'));
    },
    async drain() {
      stopped.abort();
      messageBell.ring();
      lettersBell.ring();
      await running;
    },
    async hasStream() {
      const manager = await (await nats).jetstreamManager();
      try {
        await manager.streams.info(stream);
        return true;
      } catch (error) {
        if (hasApiCode(error, JetStreamErrorCode.StreamNotFound)) return false;
        throw error;
      }
    },
    async pending() {
      const manager = await (await nats).jetstreamManager();
      const retrying = await database.transaction(async (tx) => countRetrying(tx, consumer));
      try {
        const info = await manager.consumers.info(stream, await durableName());
        return info.num_pending + info.num_ack_pending + retrying;
      } catch (error) {
        if (hasApiCode(error, JetStreamErrorCode.StreamNotFound)) return retrying;
        if (!hasApiCode(error, JetStreamErrorCode.ConsumerNotFound)) throw error;
        return (await manager.streams.info(stream)).state.messages + retrying;
      }
    },
  };
}

interface Readout {
  readonly message: JsMsg;
  readonly event: EventEnvelope;
  /** Set when the message is no event; `event` then only stands for it. */
  readonly error?: unknown;
}

/** The event as a child of its sending, when that was traced. */
function asSent(event: EventEnvelope, message: JsMsg): EventEnvelope {
  const traceparent = message.headers?.get('traceparent');
  return traceparent === undefined || traceparent === '' ? event : { ...event, traceparent };
}

/** The first of them, or the first that reads as `event`. */
function firstIn(left: Iterable<Readout>, event?: EventEnvelope): Readout | undefined {
  for (const one of left) if (event === undefined || one.event === event) return one;
  return undefined;
}

/** What is listed in place of a message that cannot be read; its id is the same at each delivery. */
function placeholder(message: JsMsg): EventEnvelope {
  const place = `malformed:${message.info.stream}:${message.seq}`;
  const id = createHash('md5').update(place).digest('hex');
  return {
    id: id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'),
    type: 'malformed',
    schemaVersion: 0,
    aggregateId: place,
    aggregateVersion: 0,
    occurredAt: new Date(message.info.timestampNanos / 1e6).toISOString(),
    data: { subject: message.subject, base64: Buffer.from(message.data).toString('base64') },
  };
}

/** The connection, or undefined when the signal comes first. */
async function firstOf(nats: Nats, signal: AbortSignal): Promise<NatsConnection | undefined> {
  if (signal.aborted) return undefined;
  const aborted = new Promise<undefined>((resolve) => {
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
  return Promise.race([nats, aborted]);
}
