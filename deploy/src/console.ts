import type { SystemEvent } from './system-types.ts';

/** The same problem of the same process is shown again only after so long, in ms. */
const AGAIN = 10_000;

/** Shows what a system tells, a line each, as it happens. */
export function createConsole(write: (text: string) => void): (event: SystemEvent) => void {
  const shown = new Map<string, number>();
  return function show(event) {
    switch (event.kind) {
      case 'begun':
        return;
      case 'done':
        return write(`  ✔ ${event.step.padEnd(52)} ${seconds(event.ms)}\n`);
      case 'note':
        return write(`  · ${event.text}\n`);
      case 'problem': {
        const key = `${event.process} ${event.text}`;
        const at = shown.get(key);
        if (at !== undefined && Date.now() - at < AGAIN) return;
        shown.set(key, Date.now());
        return write(`  ! ${event.process}: ${short(event.text)}\n`);
      }
      case 'died': {
        const how = event.exit.signal === null ? `with exit code ${event.exit.code}` : `by ${event.exit.signal}`;
        const next =
          event.restartInMs === undefined
            ? 'It is not started again.'
            : `It is started again in ${seconds(event.restartInMs)}.`;
        const lines = event.lines.map((line) => `      ${short(line)}\n`).join('');
        return write(`  ✘ ${event.process} ended ${how}. Its last lines:\n${lines}    ${next}\n`);
      }
      default:
        return event satisfies never;
    }
  };
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function short(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
