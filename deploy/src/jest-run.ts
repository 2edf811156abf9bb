import { execFile, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { keeper } from './keeper.ts';
import { root } from './paths.ts';

/** How many passed, failed and were skipped. */
export interface Sums {
  passed: number;
  failed: number;
  skipped: number;
}

/** The parts of jest's `--json` file that are read here. */
interface JestResult {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  numRuntimeErrorTestSuites: number;
}

/** Jest writes its result when it is done; when it is still there after so long, a test left something behind that holds it up. */
const LINGER = 15_000;

const jest = [join(root, 'node_modules', 'jest', 'bin', 'jest.js'), '-c', join(root, 'jest.config.mjs')];

/** The test files that jest would run with these arguments; none when they make no sense to it. */
export async function testFiles(args: readonly string[]): Promise<string[]> {
  const list = promisify(execFile)(process.execPath, [...jest, '--listTests', ...args], {
    cwd: root,
    maxBuffer: 2 ** 26,
  });
  const { stdout } = await list.catch(() => ({ stdout: '' }));
  return stdout.split('\n').filter((line) => line !== '');
}

export interface JestRun {
  /** Ends with the sums; a jest that did not run to its end counts as one failure. Never rejects. */
  sums: Promise<Sums>;
  stop(): void;
}

/** Runs jest in a process of its own, in front of the person. */
export function runJest(args: readonly string[], env: Record<string, string | undefined>, outputFile: string): JestRun {
  const child = spawn(process.execPath, [...jest, '--json', `--outputFile=${outputFile}`, ...args], {
    cwd: root,
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
    detached: true,
  });
  const { pid } = child;
  if (pid !== undefined) keeper().keep(pid);
  const code = new Promise<number | null>((resolve) => {
    child.once('error', () => resolve(null));
    child.once('exit', resolve);
  });
  let written: number | undefined;
  const lingers = setInterval(function look() {
    if (!existsSync(outputFile)) return;
    written ??= Date.now();
    if (pid !== undefined && Date.now() - written > LINGER) signalGroup(pid, 'SIGKILL');
  }, 1_000);
  return {
    sums: code.then(function count(exitCode) {
      clearInterval(lingers);
      if (pid !== undefined) {
        keeper().release(pid);
        signalGroup(pid, 'SIGKILL'); // A worker that did not end.
      }
      return sumsOf(outputFile, exitCode);
    }),
    stop: () => pid !== undefined && signalGroup(pid, 'SIGTERM'),
  };
}

function sumsOf(outputFile: string, exitCode: number | null): Sums {
  let result: JestResult;
  try {
    result = JSON.parse(readFileSync(outputFile, 'utf8')) as JestResult;
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
  return jestSums(result, exitCode);
}

/** A file that could not even be loaded has no tests to count: it counts as one failure. So does an exit code that nothing explains, such as that of a jest that did not end and was ended. */
export function jestSums(result: JestResult, exitCode: number | null): Sums {
  const counted = result.numFailedTests + result.numRuntimeErrorTestSuites;
  return {
    passed: result.numPassedTests,
    failed: counted === 0 && exitCode !== 0 ? 1 : counted,
    skipped: result.numPendingTests + result.numTodoTests,
  };
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // It has ended.
  }
}
