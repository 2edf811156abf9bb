import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { keeper } from './keeper.ts';
import { startNats } from './nats.ts';
import { localDir } from './paths.ts';
import { startPostgres } from './postgres.ts';

export interface TestServers {
  /** What the tests read. */
  env: { TEST_POSTGRES_URL: string; TEST_NATS_URL: string };
  /** Ends them and removes what they kept. */
  stop(): Promise<void>;
}

/** One PostgreSQL and one nats-server on free ports for a test run, which trade durability for speed. */
export async function startTestServers(say: (sentence: string) => void): Promise<TestServers> {
  const dir = testDir();
  keeper().sweep(dir);
  const [postgres, nats] = await Promise.all([
    startPostgres({ dataDir: join(dir, 'postgres'), temporary: true, say, settings: { max_connections: '400' } }),
    startNats({ storeDir: join(dir, 'nats'), temporary: true, say }),
  ]);
  return {
    env: { TEST_POSTGRES_URL: postgres.adminUrl, TEST_NATS_URL: nats.url },
    stop: async () => {
      await Promise.all([postgres.stop(), nats.stop()]);
      await rm(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
      keeper().unsweep(dir);
    },
  };
}

/** Where this test run keeps things. */
export function testDir(): string {
  return join(localDir, `test-${process.pid}`);
}
