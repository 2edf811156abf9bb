import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, copyFile, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { localDir } from './paths.ts';
import { natsRelease, type Release } from './nats-releases.ts';

const run = promisify(execFile);

export interface NatsBinary {
  path: string;
  version: [major: number, minor: number, patch: number];
}

export interface NatsLookup {
  /** Where a downloaded server is kept. @default .local/bin */
  binDir?: string;
  /** Gets a sentence when something is downloaded. @default none */
  say?: (sentence: string) => void;
  /** Where to look for an installed one: names or paths. */
  installed?: readonly string[];
  /** Ways to get one, in order; for tests. */
  ways?: readonly Way[];
}

/** Gets a nats-server into `folder`; returns the path of the program. Rejects where this way does not exist here. */
export type Way = (folder: string) => Promise<string>;

const PROGRAM = process.platform === 'win32' ? 'nats-server.exe' : 'nats-server';
// Debian puts it where an ordinary user's PATH does not look.
const INSTALLED = [
  'nats-server',
  '/usr/sbin/nats-server',
  '/usr/local/sbin/nats-server',
  '/opt/homebrew/bin/nats-server',
];

/**
 * A nats-server that can do what we need (JetStream as of 2.9): an installed one, the one that was downloaded before, or else Debian's
 * package, unpacked and not installed, or the makers' release, checked by its hash.
 */
export async function natsBinary(lookup: NatsLookup = {}): Promise<NatsBinary> {
  const { binDir = join(localDir, 'bin'), say = () => undefined, installed = INSTALLED, ways = WAYS } = lookup;
  const cached = join(binDir, PROGRAM);
  for (const path of [...installed, cached]) {
    const found = await inspect(path);
    if (found !== undefined) return found;
  }
  say('Getting nats-server, once …');
  const failures: string[] = [];
  for (const way of ways) {
    await mkdir(binDir, { recursive: true });
    const folder = await mkdtemp(join(binDir, 'getting-'));
    try {
      const program = await way(folder);
      await chmod(program, 0o755);
      await rename(program, cached); // In one step: several processes may be at it.
      const found = await inspect(cached);
      if (found !== undefined) return found;
      failures.push(`${way.name}: the program does not run here`);
    } catch (error) {
      failures.push(`${way.name}: ${firstLine(error)}`);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  throw new Error(
    [
      'nats-server is missing and could not be fetched. Install it (Debian: apt-get install nats-server; macOS: brew install nats-server;',
      `others: https://github.com/nats-io/nats-server/releases, as ${cached}), or set NATS_URL to a server of your own with JetStream.`,
      ...failures.map((failure) => `  - ${failure}`),
    ].join('\n'),
  );
}

/** Whether this server knows `sync_interval: always`. */
export function syncsAlways({ version: [major, minor] }: NatsBinary): boolean {
  return major > 2 || (major === 2 && minor >= 10);
}

async function inspect(path: string): Promise<NatsBinary | undefined> {
  try {
    const { stdout } = await run(path, ['--version']);
    const version = /v(\d+)\.(\d+)\.(\d+)/.exec(stdout)?.slice(1).map(Number);
    if (version === undefined) return undefined;
    const [major = 0, minor = 0, patch = 0] = version;
    return major > 2 || (major === 2 && minor >= 9) ? { path, version: [major, minor, patch] } : undefined;
  } catch {
    return undefined;
  }
}

/** With the machine's package lists where they are good, else with lists of our own: no rights are needed, nothing is installed. */
async function debianPackage(folder: string): Promise<string> {
  const lists = join(folder, 'apt');
  await mkdir(join(lists, 'lists/partial'), { recursive: true });
  await mkdir(join(lists, 'cache/archives/partial'), { recursive: true });
  const sandbox = ['-qq', '-o', 'APT::Sandbox::User=root'];
  const own = [
    ...sandbox,
    '-o',
    `Dir::State::lists=${join(lists, 'lists')}`,
    '-o',
    `Dir::Cache=${join(lists, 'cache')}`,
  ];
  try {
    await run('apt-get', [...sandbox, 'download', 'nats-server'], { cwd: folder });
  } catch {
    await run('apt-get', [...own, 'update'], { cwd: folder });
    await run('apt-get', [...own, 'download', 'nats-server'], { cwd: folder });
  }
  const archive = (await readdir(folder)).find((name) => name.endsWith('.deb'));
  if (archive === undefined) throw new Error('apt-get download brought nothing');
  await run('dpkg-deb', ['-x', join(folder, archive), join(folder, 'unpacked')]);
  return join(folder, 'unpacked/usr/sbin/nats-server');
}

/** The last resort on Debian: where only `apt-get install` is allowed to fetch. Without starting it as a service. */
async function debianInstall(folder: string): Promise<string> {
  if (process.getuid?.() !== 0) throw new Error('only root can install packages');
  await run('env', [
    'RUNLEVEL=1',
    'DEBIAN_FRONTEND=noninteractive',
    'apt-get',
    'install',
    '-y',
    '--no-install-recommends',
    'nats-server',
  ]);
  const program = join(folder, PROGRAM);
  await copyFile('/usr/sbin/nats-server', program);
  return program;
}

async function officialRelease(folder: string): Promise<string> {
  const platform = `${process.platform}-${process.arch}`;
  const release = natsRelease(platform);
  if (release === undefined) throw new Error(`no release is known for ${platform}`);
  return fetchRelease(release, folder);
}

/** Downloads an archive, holds it against its hash, unpacks it; returns the path of the program in it. */
export async function fetchRelease({ url, sha256 }: Release, folder: string): Promise<string> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(120_000) });
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
  const bytes = Buffer.from(await answer.arrayBuffer());
  const actual = createHash('sha256').update(bytes).digest('hex');
  if (actual !== sha256) throw new Error(`${url} has the hash ${actual} instead of ${sha256}: not used`);
  const archive = join(folder, basename(url));
  await writeFile(archive, bytes);
  await run('tar', ['-xf', archive, '-C', folder]); // Windows' tar reads zip files, too.
  return join(folder, basename(url).replace(/\.(tar\.gz|zip)$/, ''), PROGRAM);
}

const WAYS: readonly Way[] = [debianPackage, officialRelease, debianInstall];

function firstLine(error: unknown): string {
  const { message, stderr, cause } = error as { message: string; stderr?: string; cause?: { message?: string } };
  const lines = (stderr?.trim() || `${message} ${cause?.message ?? ''}`.trim()).split('\n');
  return lines.find((line) => line.startsWith('E:')) ?? lines[0] ?? '';
}
