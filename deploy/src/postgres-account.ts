import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, chown, cp, mkdir, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { postgresProgram } from './postgres-binaries.ts';

const run = promisify(execFile);

/** How PostgreSQL's programs are run here, and where they and the data lie. */
export interface PostgresAccount {
  how: 'myself' | 'unprivileged user' | 'user namespace' | 'copy';
  /** The folder with bin/, lib/ and share/. */
  native: string;
  /** The folder that holds the data folder; exists, can be entered by whoever runs PostgreSQL. */
  home: string;
  /** The command line that runs `program` with `args`. */
  command(program: string, args: string[]): { command: string; args: string[]; uid?: number; gid?: number };
  /** Gives a file or folder to whoever runs PostgreSQL. */
  own(path: string): Promise<void>;
}

type Way = PostgresAccount['how'];

/**
 * PostgreSQL refuses to run as root, so root has to find another account for it. The first that works:
 *
 * 1. not root (or a system without users): as we are;
 * 2. an existing unprivileged user, when that one can enter every folder on the way to the programs and to the data;
 * 3. a user namespace in which root is called "nobody": file access stays root's, so a home of mode 700 is no obstacle;
 * 4. a copy of the programs, and the data, under the system's folder for temporary files.
 *
 * @param native where the programs are; @param home the folder (created) for the data folder
 * @param say gets a sentence that a person should read, for 4.
 * @param ways which of them may be used; for tests
 */
export async function postgresAccount(
  native: string,
  home: string,
  say: (sentence: string) => void,
  ways: readonly Way[] = ['unprivileged user', 'user namespace', 'copy'],
): Promise<PostgresAccount> {
  await mkdir(home, { recursive: true });
  if (process.getuid?.() !== 0) return asMyself(native, home);
  const user = await unprivileged(home);
  const found =
    (ways.includes('unprivileged user') ? await asUser(native, home, user) : undefined) ??
    (ways.includes('user namespace') ? await inNamespace(native, home, user) : undefined) ??
    (ways.includes('copy') ? await asUserOnCopy(native, home, user, say) : undefined);
  if (found !== undefined) return found;
  throw new Error(
    'PostgreSQL does not run as root, and no other account can be used for it here: the folders above this checkout are closed to ' +
      `others, user namespaces are switched off, and so is ${tmpdir()} as a place for a copy. ` +
      'Run this as another user, or put the checkout where everyone may enter (chmod o+x on the folders above it).',
  );
}

/** Where `copy` puts things for the data home `home`. One folder per checkout and home, found again at the next start. */
export function copyPlace(home: string): string {
  const key = createHash('sha256').update(resolve(home)).digest('hex').slice(0, 12);
  return join(tmpdir(), `cafe-for-me-${key}`);
}

interface User {
  uid: number;
  gid: number;
}

function asMyself(native: string, home: string): PostgresAccount {
  return { how: 'myself', native, home, command: (command, args) => ({ command, args }), own: async () => undefined };
}

async function asUser(native: string, home: string, user: User): Promise<PostgresAccount | undefined> {
  if (!(await openToOthers(home)) || !(await openToOthers(native))) return undefined;
  const account = ofUser('unprivileged user', native, home, user);
  return (await works(account)) ? account : undefined;
}

async function inNamespace(native: string, home: string, { uid, gid }: User): Promise<PostgresAccount | undefined> {
  const account: PostgresAccount = {
    how: 'user namespace',
    native,
    home,
    command: (program, args) => ({
      command: 'unshare',
      args: ['--user', `--map-user=${uid}`, `--map-group=${gid}`, '--', program, ...args],
    }),
    own: async (path) => chown(path, 0, 0),
  };
  return (await works(account)) ? account : undefined;
}

async function asUserOnCopy(
  native: string,
  home: string,
  user: User,
  say: (sentence: string) => void,
): Promise<PostgresAccount | undefined> {
  const place = copyPlace(home);
  const programs = join(place, 'programs');
  const data = join(place, basename(home));
  if (!(await openToOthers(tmpdir()))) return undefined;
  await mkdir(place, { recursive: true });
  // A folder in a place that everyone may write to: it must be root's own, or somebody else laid it out for us.
  if ((await stat(place)).uid !== 0) return undefined;
  await cp(native, programs, { recursive: true, force: false, verbatimSymlinks: true });
  await mkdir(data, { recursive: true });
  await chmod(place, 0o755);
  const account = ofUser('copy', programs, data, user);
  if (!(await works(account))) return undefined;
  say(
    `PostgreSQL can't enter ${dirname(resolve(home))} as an unprivileged user: its programs and data are kept in ${place}.`,
  );
  return account;
}

function ofUser(how: Way, native: string, home: string, { uid, gid }: User): PostgresAccount {
  return {
    how,
    native,
    home,
    command: (command, args) => ({ command, args, uid, gid }),
    own: async (path) => chown(path, uid, gid),
  };
}

/** Tries it for real: rights, libraries, mount options and system policies have the last word. */
async function works(account: PostgresAccount): Promise<boolean> {
  const { command, args, ...who } = account.command(await postgresProgram(account.native, 'postgres'), ['--version']);
  return run(command, args, { ...who, cwd: '/' }).then(
    () => true,
    () => false,
  );
}

/** Whether others may enter `path` and every folder above it. */
async function openToOthers(path: string): Promise<boolean> {
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    if (((await stat(folder)).mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

/** The owner of data that is already there, or else the user "nobody". */
async function unprivileged(home: string): Promise<User> {
  const owner = await stat(join(home, 'data')).catch(() => undefined);
  if (owner !== undefined && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  const id = async (flag: string): Promise<number> => Number((await run('id', [flag, 'nobody'])).stdout);
  return { uid: await id('-u'), gid: await id('-g') };
}
