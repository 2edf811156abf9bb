import { writeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { Worker, type MessagePort } from 'node:worker_threads';
import type { ProcessWorld } from '@cafe-for-me/lib/process';
import { threadLimits } from './young-generation.ts';

/** What the process tells the thread: a thread gets no signals. */
interface SignalMessage {
  readonly signal: NodeJS.Signals;
}

/**
 * The signals that a router answers to. One that was started from a terminal leaves SIGHUP alone: there it says that the
 * terminal is gone, and ends the process.
 */
export function signalsTaken(): NodeJS.Signals[] {
  return isatty(0) ? ['SIGTERM', 'SIGINT'] : ['SIGTERM', 'SIGINT', 'SIGHUP'];
}

/**
 * Runs the program in a thread of this process, which has no other work then: it passes signals on, and ends as the thread does.
 *
 * @param self the program's main file
 */
export function serveInThread(self: string, args: readonly string[]): void {
  const thread = new Worker(new URL(self), { argv: [...args], resourceLimits: threadLimits });
  for (const signal of signalsTaken()) {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    process.on(signal, () => thread.postMessage({ signal } satisfies SignalMessage));
  }
  thread.once('error', function failed(error) {
    process.stderr.write(`router: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  });
  thread.once('exit', (code) => process.exit(code));
}

/** The thread's side: signals come as messages, and what must be said before an exit is written at once. */
export function threadWorld(port: MessagePort): ProcessWorld {
  const listeners = new Map<string, (value: unknown) => void>();
  port.on('message', ({ signal }: SignalMessage) => listeners.get(signal)?.(signal));
  return {
    on(event, listener) {
      if (event === 'unhandledRejection' || event === 'uncaughtException') process.on(event, listener);
      else listeners.set(event, listener);
    },
    exit: (code) => process.exit(code),
    now: () => performance.now(),
    complain: (text) => writeSync(2, `${text}\n`),
  };
}
