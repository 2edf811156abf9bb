import { ConfigError } from './config.ts';
import { createLogger, type Logger } from './log.ts';

/** What `start` hands back: the way to end it. `stop` finishes what is under way and then lets go of everything. */
export interface RunningProcess {
  stop(): Promise<void>;
}

/** The parts of the world that `runProcess` touches; tests bring their own. */
export interface ProcessWorld {
  on(event: NodeJS.Signals | 'unhandledRejection' | 'uncaughtException', listener: (value: unknown) => void): unknown;
  exit(code: number): void;
  now(): number;
  /** For the one line that a person reads when the settings are wrong. */
  complain(text: string): void;
}

/** EX_CONFIG of sysexits.h */
const exitConfig = 78;

/**
 * One key press may reach a process twice: from the terminal, which signals the whole group, and from the parent that
 * passes it on. Only a later signal is a person who has lost patience.
 */
const sameSignalMs = 400;

/** The world of a process of its own. */
export const processWorld: ProcessWorld = {
  on: (event, listener) => process.on(event as 'SIGTERM', listener as () => void),
  exit: (code) => process.exit(code),
  now: () => performance.now(),
  complain: (text) => process.stderr.write(`${text}\n`),
};

/**
 * Runs one process from start to exit.
 *
 * SIGTERM or SIGINT ends it in order: `stop()` of what `start` returned, then exit 0; a signal during the start waits for
 * the start first. When that takes longer than `drainMs`, or when a second signal comes, it exits with 1 at once.
 * A `ConfigError` is told in plain words and exits with 78; anything else that `start` throws, or that nobody caught,
 * is logged and exits with 1.
 *
 * @param name stands in every log line as `service`
 * @param start builds and starts everything; may set `log.level` once it has read the settings
 */
export async function runProcess(
  name: string,
  start: (log: Logger) => Promise<RunningProcess>,
  options: {
    /** How long the orderly end may take, in ms. @default 10_000 */
    drainMs?: number;
    log?: Logger;
    world?: ProcessWorld;
  } = {},
): Promise<void> {
  const { drainMs = 10_000, world = processWorld } = options;
  const log = options.log ?? createLogger({ service: name });
  const begun = world.now();
  let signaledAt: number | undefined;
  let starting: Promise<RunningProcess>;

  async function stopInOrder(signal: string): Promise<void> {
    log.info({ signal }, 'stopping');
    const late = setTimeout(function giveUp() {
      log.error({ drainMs }, 'not stopped in time, giving up');
      world.exit(1);
    }, drainMs);
    try {
      const running = await starting;
      await running.stop();
      log.info({ ms: Math.round(world.now() - (signaledAt ?? begun)) }, 'stopped');
      world.exit(0);
    } catch (error) {
      log.error({ error }, 'did not stop cleanly');
      world.exit(1);
    } finally {
      clearTimeout(late);
    }
  }

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    world.on(signal, function onSignal() {
      const now = world.now();
      if (signaledAt === undefined) {
        signaledAt = now;
        void stopInOrder(signal);
      } else if (now - signaledAt >= sameSignalMs) {
        log.warn({ signal }, 'second signal, exiting at once');
        world.exit(1);
      }
    });
  }
  for (const event of ['unhandledRejection', 'uncaughtException'] as const) {
    world.on(event, function onFault(error) {
      log.fatal(
        { error },
        event === 'unhandledRejection' ? 'a promise failed and nobody caught it' : 'an error nobody caught',
      );
      world.exit(1);
    });
  }

  starting = Promise.resolve(log).then(start);
  try {
    await starting;
    log.info({ ms: Math.round(world.now() - begun) }, 'started');
  } catch (error) {
    if (error instanceof ConfigError) {
      world.complain(`${name}: ${error.message}`);
      world.exit(exitConfig);
    } else {
      log.fatal({ error }, 'could not start');
      world.exit(1);
    }
  }
}
