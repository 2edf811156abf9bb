import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { copyPlace, type PostgresAccount } from './postgres-account.ts';
import { startPostgres } from './postgres.ts';

let dir: string;

beforeEach(async () => {
  // mkdtemp makes a folder of mode 700: closed to everyone but us.
  dir = await mkdtemp(join(tmpdir(), 'postgres-test-'));
});

afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

async function ask(url: string, sql: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<{ answer: unknown }>(sql)).rows[0]?.answer;
  } finally {
    await client.end();
  }
}

describe('PostgreSQL', () => {
  it('keeps what was committed when it is killed, and comes back on the same data', async () => {
    const dataDir = join(dir, 'postgres');
    const first = await startPostgres({ dataDir, settings: { fsync: 'off' } });
    const url = await first.createDatabase('shop');
    await ask(url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await first.kill();

    const second = await startPostgres({ dataDir, settings: { fsync: 'off' } });
    try {
      expect(await ask(await second.createDatabase('shop'), 'SELECT answer FROM kept')).toBe(42);
      expect((await stat(join(dataDir, 'passwords.json'))).mode & 0o077).toBe(0);
    } finally {
      await second.stop();
    }
  });

  it('lets a role connect to its own database only', async () => {
    const postgres = await startPostgres({ dataDir: join(dir, 'postgres'), temporary: true });
    try {
      const ours = await postgres.createDatabase('ours');
      const theirs = new URL(await postgres.createDatabase('theirs'));
      expect(await ask(ours, 'SELECT current_user::text AS answer')).toBe('ours');

      const stranger = new URL(ours);
      stranger.pathname = theirs.pathname;
      await expect(ask(stranger.href, 'SELECT 1')).rejects.toThrow(/permission denied for database "theirs"/);
      stranger.password = 'a guess';
      await expect(ask(stranger.href, 'SELECT 1')).rejects.toThrow(/password authentication failed/);
    } finally {
      await postgres.stop();
    }
  });

  it('leaves nothing of a temporary server behind', async () => {
    const dataDir = join(dir, 'postgres');
    const postgres = await startPostgres({ dataDir, temporary: true });
    await postgres.stop();
    expect(existsSync(dataDir)).toBe(false);
    expect(existsSync(copyPlace(dataDir))).toBe(false);
  });

  it('says what went wrong when its port is taken', async () => {
    const first = await startPostgres({ dataDir: join(dir, 'first'), temporary: true });
    try {
      const second = startPostgres({ dataDir: join(dir, 'second'), port: first.port, temporary: true });
      await expect(second).rejects.toThrow(/Address already in use/);
    } finally {
      await first.stop();
    }
  });
});

// Elsewhere the question does not arise: PostgreSQL then runs as whoever runs these tests.
if (process.getuid?.() === 0)
  describe('PostgreSQL started by root', () => {
    async function howItRuns(dataDir: string, ways?: readonly PostgresAccount['how'][]): Promise<string> {
      const said: string[] = [];
      const postgres = await startPostgres({
        dataDir,
        temporary: true,
        say: (sentence) => said.push(sentence),
        ...(ways === undefined ? {} : { ways }),
      });
      try {
        expect(await ask(await postgres.createDatabase('ours'), 'SELECT 1 AS answer')).toBe(1);
        return [postgres.how, ...said].join(' | ');
      } finally {
        await postgres.stop();
      }
    }

    it('runs as an unprivileged user where every folder on the way is open to others', async () => {
      await chmod(dir, 0o755);
      const closedCheckout = /^user namespace$|^copy \| /;
      const how = await howItRuns(join(dir, 'postgres'));
      if (!closedCheckout.test(how)) expect(how).toBe('unprivileged user');
    });

    it('runs in a user namespace from a closed folder, or else on a copy', async () => {
      expect(await howItRuns(join(dir, 'postgres'))).toMatch(/^user namespace$|^copy \| /);
    });

    it('runs on a copy where user namespaces are switched off, and says where that is', async () => {
      const dataDir = join(dir, 'postgres');
      expect(await howItRuns(dataDir, ['unprivileged user', 'copy'])).toContain(`kept in ${copyPlace(dataDir)}`);
      expect(existsSync(copyPlace(dataDir))).toBe(false);
    });

    it('says what to do where nothing works', async () => {
      await expect(startPostgres({ dataDir: join(dir, 'postgres'), ways: [], temporary: true })).rejects.toThrow(
        /Run this as another user/,
      );
    });
  });
