import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A line of a router's log. */
export type LogLine = Readonly<Record<string, unknown>>;

/** A router as a process of its own. */
export interface RouterProcess {
  readonly child: ChildProcess;
  /** The next line with that message. @throws when there is none before it ends */
  said(message: string): Promise<LogLine>;
  /** The messages of all lines, so far. */
  readonly messages: readonly unknown[];
  /** What it says to people, so far. */
  complaints(): string;
  /** Settles when it has ended: exit code, signal. */
  readonly exited: Promise<[number | null, NodeJS.Signals | null]>;
}

/** @param main as `bundleMain` gives it */
export function startProcess(main: string, args: readonly string[], env: Record<string, string> = {}): RouterProcess {
  const child = spawn(process.execPath, [main, ...args], { env });
  const exited = once(child, 'exit') as RouterProcess['exited'];
  const lines: LogLine[] = [];
  const messages: unknown[] = [];
  let complaints = '';
  let wake: () => void = () => undefined;
  let over = false;
  child.stderr.on('data', (chunk) => (complaints += String(chunk)));
  const reader = createInterface({ input: child.stdout });
  reader.on('line', function onLine(line) {
    const parsed = JSON.parse(line) as LogLine;
    lines.push(parsed);
    messages.push(parsed['msg']);
    wake();
  });
  reader.on('close', function ended() {
    over = true;
    wake();
  });

  return {
    child,
    exited,
    messages,
    complaints: () => complaints,
    async said(message) {
      for (;;) {
        for (let line = lines.shift(); line !== undefined; line = lines.shift()) {
          if (line['msg'] === message) return line;
        }
        if (over) throw new Error(`the router ended before it said "${message}": ${complaints}`);
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };
}
