import { join } from 'node:path';
import { startChild, type Exit } from './child.ts';
import { inheritedEnvironment } from './config.ts';
import { untilReady } from './health.ts';
import { beginLog, lastLinesOf } from './log-files.ts';
import type { Part } from './managed.ts';
import { root } from './paths.ts';
import { urlOf, type Program } from './service-list.ts';

/** How long one of our programs may take from its start to being ready, in ms. Generous: slow machines start many at once. */
const READY_WITHIN = 60_000;

/** One of our own programs as a part of the system: a process that logs to `<logDir>/<name>.log`. */
export function programPart(program: Program, logDir: string): Part {
  const { name, port, args, env } = program;
  const logFile = join(logDir, `${name}.log`);
  beginLog(logFile);
  return {
    name,
    async begin(more) {
      const child = await startChild({
        command: process.execPath,
        args,
        cwd: root,
        env: { ...inheritedEnvironment(), ...env, HOST: '127.0.0.1', PORT: String(port), ...more },
        logFile,
      });
      let exit: Exit | undefined;
      void child.exited.then((value) => (exit = value));
      const gone = (): string | undefined => (exit === undefined ? undefined : `ended ${howItEnded(exit)}`);
      return {
        pid: child.pid,
        exited: child.exited,
        async ready() {
          try {
            await untilReady(urlOf(port), READY_WITHIN, gone);
          } catch (cause) {
            throw new Error(`${name} ${(cause as Error).message}\n${lastWords(logFile)}`, { cause });
          }
        },
        stop: async () => child.stop(),
        kill: async () => child.kill(),
      };
    },
    logs: (count) => lastLinesOf(logFile, count),
  };
}

/**
 * Runs one of our programs to its end.
 *
 * @throws with its last words unless it ends with 0
 */
export async function runToEnd(
  name: string,
  args: string[],
  env: Record<string, string>,
  logDir: string,
): Promise<void> {
  const logFile = join(logDir, `${name}.log`);
  beginLog(logFile);
  const child = await startChild({
    command: process.execPath,
    args,
    cwd: root,
    env: { ...inheritedEnvironment(), ...env },
    logFile,
  });
  const exit = await child.exited;
  if (exit.code !== 0) throw new Error(`${name} ended ${howItEnded(exit)}\n${lastWords(logFile)}`);
}

export function howItEnded({ code, signal }: Exit): string {
  return signal === null ? `with exit code ${code}` : `by ${signal}`;
}

function lastWords(logFile: string): string {
  const lines = lastLinesOf(logFile, 15);
  return lines.length === 0 ? `(it said nothing; log: ${logFile})` : `${lines.join('\n')}\n(log: ${logFile})`;
}
