import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import { promisify } from 'node:util';
import { localDir, root } from './paths.ts';

const run = promisify(execFile);

export interface ChromiumLookup {
  /** One that a person chose; no other is taken then. */
  chosen?: string | undefined;
  /** Where to look for an installed one: names or paths. */
  installed?: readonly string[];
  /** Where a downloaded one is kept. @default .local/bin/browsers */
  browsersDir?: string;
  /** Gets a sentence when one has to be fetched, and again while that takes its time. @default none */
  say?: (sentence: string) => void;
  /** Ways to get one, in order; for tests. */
  ways?: readonly ChromiumWay[];
}

/** Gets a Chromium, into the folder or into the system. Rejects where this way does not exist here. */
export type ChromiumWay = (browsersDir: string) => Promise<void>;

/** Older ones lack what today's pages and the tests' remote control need. */
const OLDEST = 120;
/** Between two sentences while one is being fetched, in ms. */
const SAY_AGAIN = 15_000;
const FETCH_WITHIN = 10 * 60_000;

const INSTALLED = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'microsoft-edge',
  'microsoft-edge-stable',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
];

/** What Playwright calls the program, on one platform or another. */
const PLAYWRIGHTS = /^(?:chrome-headless-shell|headless_shell)(?:\.exe)?$/;

/**
 * The path of a Chromium (or Chrome, or Edge) for the browser tests: the chosen one, an installed one, the one that was downloaded
 * before, or else Debian's package, or Playwright's own build.
 *
 * @throws a sentence that says how to get one
 */
export async function chromiumBinary(lookup: ChromiumLookup = {}): Promise<string> {
  const { chosen, installed = INSTALLED, browsersDir = join(localDir, 'bin', 'browsers'), ways = WAYS } = lookup;
  const { say = () => undefined } = lookup;
  if (chosen !== undefined && chosen !== '') {
    const path = await firstThatRuns([chosen]);
    if (path !== undefined) return path;
    throw new Error(`CHROMIUM_PATH is ${chosen}, which is no Chromium, Chrome or Edge of version ${OLDEST} or later.`);
  }
  const look = async (): Promise<string | undefined> =>
    firstThatRuns([...installed, ...(await downloaded(browsersDir))]);
  const present = await look();
  if (present !== undefined) return present;

  const begun = Date.now();
  say('Getting Chromium for the browser tests, once …');
  const again = setInterval(() => say(`Getting Chromium … ${Math.round((Date.now() - begun) / 1000)} s`), SAY_AGAIN);
  const failures: string[] = [];
  try {
    for (const way of ways) {
      try {
        await way(browsersDir);
        const found = await look();
        if (found !== undefined) return found;
        failures.push(`${way.name}: the program does not run here`);
      } catch (error) {
        failures.push(`${way.name}: ${firstLine(error)}`);
      }
    }
  } finally {
    clearInterval(again);
  }
  throw new Error(
    [
      'Chromium is missing and could not be fetched. Install it (Debian: apt-get install chromium; macOS: brew install --cask chromium;',
      'Chrome and Edge do, too), or set CHROMIUM_PATH to one.',
      ...failures.map((failure) => `  - ${failure}`),
    ].join('\n'),
  );
}

async function firstThatRuns(candidates: readonly string[]): Promise<string | undefined> {
  for (const candidate of candidates) {
    const path = inPath(candidate);
    if (path !== undefined && (await fits(path))) return path;
  }
  return undefined;
}

function inPath(name: string): string | undefined {
  if (isAbsolute(name)) return existsSync(name) ? name : undefined;
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

/** Some are only a word about where to get it (Ubuntu's), or lack a library. */
async function fits(path: string): Promise<boolean> {
  // There they open a window instead of saying their version.
  if (process.platform === 'win32') return true;
  try {
    const { stdout } = await run(path, ['--version'], { timeout: 30_000 });
    return Number(/(\d+)\.\d+\.\d+/.exec(stdout)?.[1] ?? 0) >= OLDEST;
  } catch {
    return false;
  }
}

async function downloaded(browsersDir: string): Promise<string[]> {
  const files = await readdir(browsersDir, { recursive: true, withFileTypes: true }).catch(() => []);
  return files.filter(({ name }) => PLAYWRIGHTS.test(name)).map((file) => join(file.parentPath, file.name));
}

/** Only Debian's own: elsewhere the package of that name is another thing, or none. */
async function debianPackage(): Promise<void> {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  if (!/^ID="?debian"?$/m.test(release)) throw new Error('this is no Debian');
  if (process.getuid?.() !== 0) throw new Error('only root can install packages');
  const options = { timeout: FETCH_WITHIN, env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } };
  const wait = ['-qq', '-o', 'DPkg::Lock::Timeout=300'];
  const install = [...wait, 'install', '-y', '--no-install-recommends', 'chromium'];
  try {
    await run('apt-get', install, options);
  } catch {
    await run('apt-get', [...wait, 'update'], options);
    await run('apt-get', install, options);
  }
}

async function playwrights(browsersDir: string): Promise<void> {
  await mkdir(browsersDir, { recursive: true });
  const program = join(root, 'node_modules', 'playwright-core', 'cli.js');
  await run(process.execPath, [program, 'install', 'chromium-headless-shell'], {
    timeout: FETCH_WITHIN,
    env: { ...process.env, PLAYWRIGHT_BROWSERS_PATH: browsersDir, NODE_OPTIONS: '' },
  });
}

const WAYS: readonly ChromiumWay[] = [debianPackage, playwrights];

function firstLine(error: unknown): string {
  const { message, stderr } = error as { message: string; stderr?: string };
  const lines = (stderr?.trim() || message).split('\n');
  return lines.find((line) => /^(?:E|Error):/.test(line)) ?? lines[0] ?? '';
}
