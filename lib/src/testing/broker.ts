import { randomBytes } from 'node:crypto';
import type { NatsConnection } from 'nats';
import pino from 'pino';
import { connectNats, ensureStream } from '../streams.ts';
import { testNatsUrl } from './config.ts';

export const silentLog = pino({ level: 'silent' });

export interface TestStream {
  readonly nc: NatsConnection;
  readonly url: string;
  readonly name: string;
  /** A subject of the stream. */
  readonly subject: string;
  readonly subjects: readonly string[];
  /** Deletes the stream and closes the connection. */
  remove(): Promise<void>;
}

/** A stream of its own, already there unless `missing`. */
export async function createTestStream({
  url = testNatsUrl(),
  missing = false,
}: { url?: string; missing?: boolean } = {}): Promise<TestStream> {
  const name = `T${randomBytes(6).toString('hex').toUpperCase()}`;
  const nc = await connectNats({ url, name: 'test', log: silentLog });
  const subjects = [`${name}.>`];
  if (!missing) await ensureStream(nc, { name, subjects });
  return {
    nc,
    url,
    name,
    subject: `${name}.thing`,
    subjects,
    async remove() {
      const manager = await nc.jetstreamManager();
      await manager.streams.delete(name).catch(() => false);
      await nc.close();
    },
  };
}
