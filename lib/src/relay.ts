import pg from 'pg';
import type { Logger } from 'pino';
import { createBell, retryDelay } from './bell.ts';
import { createPublisher } from './relay-publisher.ts';
import type { Nats, StreamSpec } from './streams.ts';
import type { Tracer } from './telemetry.ts';

export interface RelayOptions {
  readonly databaseUrl: string;
  readonly nats: Nats;
  readonly log: Logger;
  /** One relay at a time publishes for a service; the others stand by. */
  readonly service: string;
  /** The stream this service owns. When given, the relay makes it if it is missing, at first and after the broker lost it. */
  readonly stream?: StreamSpec;
  /** How many events are on their way to the broker at once. @default 256 */
  readonly inFlight?: number;
  readonly tracer?: Tracer | undefined;
}

export interface Relay {
  /** Begins in the background; neither the database nor the broker need be there yet. */
  start(): Promise<void>;
  /** Says that a commit added events. Costs nothing; call it after every commit. */
  wake(): void;
  /** Publishes what is there if the broker is, and lets another replica take over. */
  drain(): Promise<void>;
}

/** A look at the table even if no wake-up came: one that was lost costs this long, in milliseconds. */
const POLL_MS = 1_000;

/**
 * Publishes the rows of `outbox` that are not published yet, at least once, each aggregate's in order.
 *
 * Its own PostgreSQL connection holds a session advisory lock, so the lock goes with the connection: when the process or
 * the connection dies, a stand-by has it within a second.
 */
export function createRelay(options: RelayOptions): Relay {
  const { databaseUrl, nats, log, service, stream, inFlight = 256, tracer } = options;
  const bell = createBell();
  const onConnected = () => bell.ring();
  const publisher = createPublisher({ nats, log, inFlight, onConnected, tracer, ...(stream && { stream }) });
  let stopping = false;
  let awoken = false;
  let running: Promise<void> | undefined;

  async function runSessions(): Promise<void> {
    for (let attempt = 0; !stopping; attempt++) {
      try {
        await runSession(() => {
          if (attempt > 0) log.info('the relay has its database again');
          attempt = 0;
        });
      } catch (error) {
        if (attempt === 0) log.warn({ err: error }, 'the relay lost its database, it tries again');
        if (!stopping) await bell.wait(retryDelay(attempt, 100, 5_000));
      }
    }
  }

  async function runSession(onConnected: () => void): Promise<void> {
    const client = new pg.Client({
      connectionString: databaseUrl,
      application_name: `${service}-relay`,
      keepAlive: true,
      connectionTimeoutMillis: 5_000,
    });
    let lost: Error | undefined;
    client.on('error', (error) => {
      lost = error;
      bell.ring();
    });
    client.on('notification', () => bell.ring());
    try {
      await client.connect();
      // This connection looks up rows by key alone; a plan made for a small table would go on to read all of a large one.
      await client.query('SET enable_seqscan = off; LISTEN outbox');
      onConnected();
      let leading = false;
      while (!stopping) {
        if (lost) throw lost;
        leading ||= await takeLock(client, service);
        let pause = POLL_MS;
        if (leading) pause = Math.min(pause, await publisher.publishAll(client));
        else if (awoken) await client.query('NOTIFY outbox');
        awoken = false;
        await bell.wait(pause);
      }
      if (leading) await publisher.publishAll(client);
    } finally {
      // Ending the session gives the lock back.
      await client.end().catch(() => undefined);
    }
  }

  return {
    async start() {
      running ??= runSessions();
    },
    wake() {
      awoken = true;
      bell.ring();
    },
    async drain() {
      stopping = true;
      bell.ring();
      await running;
      publisher.stop();
    },
  };
}

async function takeLock(client: pg.Client, service: string): Promise<boolean> {
  const { rows } = await client.query<{ taken: boolean }>(
    `SELECT pg_try_advisory_lock(hashtextextended('relay:' || $1::text, 0)) AS taken`,
    [service],
  );
  return rows[0]?.taken === true;
}
