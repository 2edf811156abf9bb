import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checks, runChecks } from './check.ts';
import { chromiumBinary } from './chromium.ts';
import { inheritedEnvironment } from './config.ts';
import { checkDisk } from './disk.ts';
import { runJest, testFiles, type JestRun, type Sums } from './jest-run.ts';
import { keeper } from './keeper.ts';
import { watchNpm } from './parent.ts';
import { localDir } from './paths.ts';
import { startTestServers, testDir } from './test-servers.ts';

const HELP = `npm test [-- <pattern> …] [-- --<option of jest> …]

Runs everything, in order: the checks of "npm run check", unit and integration tests against a real PostgreSQL and nats-server, and
the end-to-end tests against whole systems and, for the pages, in Chromium. All servers are started here, on free ports, and are
gone afterwards.
The last line is the sum: N passed, N failed, N skipped.

  <pattern>   only the tests in files whose path matches, and no checks
  --help      this text

Environment
  CHROMIUM_PATH     a Chromium, Chrome or Edge for the browser tests; else an installed one is taken, or one is fetched
  INSTALL_MINUTES   how long npm may take to install packages; default 5
`;

/** Tests that look at pages. */
const BROWSER_TESTS = /[\\/]e2e[\\/]pages-[^\\/]*\.test\.ts$/;
/** Tests that start whole systems and take their time. */
const WHOLE_SYSTEM = '/tests/(e2e|faults)/';

const write = (text: string): void => void process.stdout.write(text);
const heading = (text: string): void => write(`\n━━ ${text} ${'━'.repeat(Math.max(3, 90 - text.length))}\n\n`);

let running: JestRun | undefined;
let goodbye: string | undefined;

async function main(args: readonly string[]): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    write(HELP);
    return 0;
  }
  await mkdir(testDir(), { recursive: true });
  await checkDisk(localDir);
  const begun = performance.now();
  const sums: Sums[] = [];
  const whole = args.length === 0;
  if (whole) {
    heading('Checks');
    sums.push(await countChecks());
  }
  const scratch = await scratchFolder();
  const servers = await startTestServers((sentence) => write(`${sentence}\n`));
  try {
    const env = {
      ...inheritedEnvironment(),
      ...servers.env,
      ...(await browserFor(args)),
      TMPDIR: scratch,
      NODE_ENV: 'test',
      NODE_OPTIONS: '--experimental-vm-modules --no-warnings',
    };

    async function jest(title: string, name: string, ...options: string[]): Promise<void> {
      if (goodbye !== undefined) return;
      heading(title);
      running = runJest(['--maxWorkers=2', ...options, ...args], env, join(testDir(), `${name}.json`));
      sums.push(await running.sums);
      running = undefined;
    }
    if (whole) {
      await jest('Unit and integration tests', 'unit', `--testPathIgnorePatterns=${WHOLE_SYSTEM}`);
      await jest('End-to-end tests', 'e2e', `--testPathPatterns=${WHOLE_SYSTEM}`, '--testTimeout=120000');
    } else {
      await jest(`Tests of ${args.join(' ')}`, 'some', '--testTimeout=120000');
    }
  } finally {
    await servers.stop();
    await rm(scratch, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    keeper().unsweep(scratch);
  }
  const total = (what: keyof Sums): number => sums.reduce((sum, one) => sum + one[what], 0);
  const failed = total('failed') + (goodbye === undefined ? 0 : 1);
  if (goodbye !== undefined) write(`\nCalled off (${goodbye}).\n`);
  write(`\nafter ${Math.round((performance.now() - begun) / 1000)} s\n`);
  write(`${total('passed')} passed, ${failed} failed, ${total('skipped')} skipped\n`);
  return failed === 0 && total('passed') > 0 ? 0 : 1;
}

/** A browser, when some of the tests need one. Those alone fail when there is none. */
async function browserFor(args: readonly string[]): Promise<{ TEST_CHROMIUM?: string }> {
  const files = await testFiles(args);
  if (!files.some((file) => BROWSER_TESTS.test(file))) return {};
  try {
    const chosen = process.env['CHROMIUM_PATH'];
    return { TEST_CHROMIUM: await chromiumBinary({ chosen, say: (sentence) => write(`${sentence}\n`) }) };
  } catch (error) {
    write(`${(error as Error).message}\nWithout it the tests of the pages fail.\n`);
    return {};
  }
}

/** The tests' folder for temporary files: one that goes with all that is in it, however this run ends. */
async function scratchFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'cafe-for-me-test-'));
  keeper().sweep(folder);
  await chmod(folder, 0o711); // Others may pass through, as they may through the folder that it stands for.
  return folder;
}

/** Each check counts as one test. */
async function countChecks(): Promise<Sums> {
  const sums: Sums = { passed: 0, failed: 0, skipped: 0 };
  await runChecks(checks, function count(name, { ok, output }, ms) {
    sums[ok ? 'passed' : 'failed']++;
    write(`${ok ? '✔' : '✘'} ${name} (${(ms / 1000).toFixed(1)} s)\n`);
    if (!ok) write(`${output.trimEnd().replaceAll(/^/gm, '    ')}\n`);
  });
  return sums;
}

function leave(why: string): void {
  if (goodbye !== undefined) return;
  goodbye = why;
  running?.stop();
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => leave(signal));
watchNpm(() => leave('npm is gone'));

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  write(`\n${(error as Error).message}\n\n0 passed, 1 failed, 0 skipped\n`);
  process.exitCode = 1;
}
