import { access, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { startChild, type Child } from './child.ts';
import { ensureDatabase } from './database.ts';
import { freePort } from './free-port.ts';
import { keeper } from './keeper.ts';
import { copyPlace, postgresAccount, type PostgresAccount } from './postgres-account.ts';
import { postgresBinaries, postgresProgram } from './postgres-binaries.ts';
import { secretsFile } from './secrets.ts';

export interface PostgresOptions {
  /** The folder for the data and the passwords; made when missing. */
  dataDir: string;
  /** @default a free one */
  port?: number;
  /** Configuration parameters, as on the command line of `postgres`. */
  settings?: Record<string, string>;
  /** The data is worth nothing afterwards: no fsync, and the folder goes when the server stops. @default false */
  temporary?: boolean;
  /** Gets the server's log, line by line. */
  onLine?: (line: string) => void;
  /** Gets sentences that a person should read. @default none */
  say?: (sentence: string) => void;
  /** Which ways around root may be used; for tests. */
  ways?: readonly PostgresAccount['how'][];
}

export interface Postgres {
  port: number;
  /** As the superuser. */
  adminUrl: string;
  pid: number;
  /** How it runs; see postgres-account.ts. */
  how: PostgresAccount['how'];
  /** Settles when the server has ended, for whatever reason. */
  exited: Child['exited'];
  /** A database (made when missing) of a role that alone may connect to it; returns that role's URL. */
  createDatabase(name: string, role?: string): Promise<string>;
  /** Disconnects clients, writes a checkpoint, ends. */
  stop(): Promise<void>;
  /** SIGKILL to the server. */
  kill(): Promise<void>;
}

/** `max_connections` is ample: three services with pools, relays and LISTEN, many of them at once in tests. */
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  shared_buffers: '128MB',
};
const NO_DURABILITY = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

/** Starts PostgreSQL on 127.0.0.1 and waits until it answers; the first time it makes the cluster. The error says why it could not. */
export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  const { say = () => undefined, temporary = false } = options;
  const dir = resolve(options.dataDir);
  if (temporary) for (const path of [dir, copyPlace(dir)]) keeper().sweep(path);
  const account = await postgresAccount(await postgresBinaries(), dir, say, options.ways);
  const secret = secretsFile(join(dir, 'passwords.json'));
  const password = secret('admin');
  await ensureCluster(account, join(account.home, 'data'), password, temporary);

  const { child, port } = await start(account, options);
  const adminUrl = `postgresql://postgres:${password}@127.0.0.1:${port}/postgres`;

  async function cleanUp(): Promise<void> {
    if (!temporary) return;
    for (const path of [dir, copyPlace(dir)]) {
      await rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
      keeper().unsweep(path);
    }
  }

  return {
    port,
    adminUrl,
    pid: child.pid,
    how: account.how,
    exited: child.exited,
    createDatabase: async (name, role = name) =>
      ensureDatabase(adminUrl, { name, role, password: secret(`role ${role}`) }),
    stop: async () => {
      await child.stop();
      await cleanUp();
    },
    kill: async () => {
      await child.kill();
    },
  };
}

/** The cluster is made beside its place and moved there when complete, so that an interrupted start leaves no half of one. */
async function ensureCluster(
  account: PostgresAccount,
  data: string,
  password: string,
  temporary: boolean,
): Promise<void> {
  const made = await access(join(data, 'PG_VERSION')).then(
    () => true,
    () => false,
  );
  if (made) return;
  await rm(data, { recursive: true, force: true });
  await mkdir(data, { mode: 0o700 });
  await account.own(data);
  const passwordFile = join(dirname(data), 'initdb-password');
  await writeFile(passwordFile, password, { mode: 0o600 });
  await account.own(passwordFile);
  try {
    const initdb = await startChild({
      ...account.command(await postgresProgram(account.native, 'initdb'), [
        '-D',
        data,
        '-U',
        'postgres',
        '--encoding=UTF8',
        '--locale=C',
        '--auth=scram-sha-256',
        `--pwfile=${passwordFile}`,
        ...(temporary ? ['--no-sync'] : []),
      ]),
      cwd: '/',
      env: {},
    });
    const { code } = await initdb.exited;
    if (code !== 0) {
      await rm(data, { recursive: true, force: true });
      throw new Error(`PostgreSQL's data folder ${data} could not be made:\n${initdb.lastLines().join('\n')}`);
    }
  } finally {
    await rm(passwordFile, { force: true });
  }
}

/** Tries again where a free port was taken in between, or where backends of a killed server are still on their way out. */
async function start(account: PostgresAccount, options: PostgresOptions): Promise<{ child: Child; port: number }> {
  for (let attempt = 1; ; attempt++) {
    const port = options.port ?? (await freePort());
    const settings = { ...SETTINGS, ...(options.temporary === true ? NO_DURABILITY : {}), ...options.settings };
    let ready: (() => void) | undefined;
    const answered = new Promise<'ready'>((resolve) => (ready = () => resolve('ready')));
    const child = await startChild({
      ...account.command(await postgresProgram(account.native, 'postgres'), [
        '-D',
        join(account.home, 'data'),
        '-p',
        String(port),
        ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
      ]),
      cwd: '/',
      env: {},
      last: true,
      stopSignal: 'SIGINT', // "fast": SIGTERM would wait until every client leaves by itself.
      onLine: (line) => {
        options.onLine?.(line);
        if (line.includes('database system is ready to accept connections')) ready?.();
      },
    });
    if ((await Promise.race([answered, child.exited])) === 'ready') return { child, port };
    const why = child.lastLines().join('\n');
    const passing = /still in use|could not bind|Address already in use/.test(why);
    if (!passing || attempt === (options.port === undefined ? 5 : 3)) {
      throw new Error(`PostgreSQL ended at once${await hint(why, account)}:\n${why}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 200 * attempt));
  }
}

async function hint(why: string, account: PostgresAccount): Promise<string> {
  if (/No space left on device/.test(why)) return ', because the disk is full';
  if (/database files are incompatible/.test(why)) {
    return ', because its data was written by another version ("npm run reset" starts with an empty one)';
  }
  if (/wrong ownership|Permission denied/.test(why)) {
    const entries = await readdir(account.home).catch(() => []);
    return `, because ${account.home} (${entries.join(', ')}) belongs to another user: "npm run reset" as that user`;
  }
  return '';
}
