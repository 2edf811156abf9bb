/** Printing and checking for the demonstration: each step shows what was sent, what came back, and what arrived live. */

/** Something differed from what the demonstration expects. */
export class Difference extends Error {}

export interface Stage {
  /** Begins a step. */
  step(title: string): void;
  /** Prints an operation and its answer. */
  exchange(operation: string, variables: Record<string, unknown>, answer: unknown): void;
  /** Prints something that arrived by itself: a live event, an SMS. */
  arrived(channel: string, text: string): void;
  /** @throws Difference when `actual` is not `expected` */
  expect(what: string, actual: unknown, expected: unknown): void;
  checks(): number;
}

/** @param write prints one line */
export function createStage(write: (line: string) => void): Stage {
  let steps = 0;
  let checks = 0;
  return {
    step(title) {
      steps += 1;
      write(`\n━━ ${steps}. ${title}`);
    },
    exchange(operation, variables, answer) {
      write(indent(`→ ${operation.trim()}`));
      if (Object.keys(variables).length > 0) write(indent(`  ${JSON.stringify(variables)}`));
      write(indent(`← ${JSON.stringify(answer)}`));
    },
    arrived(channel, text) {
      write(`   ⚡ ${channel}: ${text}`);
    },
    expect(what, actual, expected) {
      checks += 1;
      if (JSON.stringify(actual) !== JSON.stringify(expected)) {
        throw new Difference(`${what}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`);
      }
      write(`   ✔ ${what}: ${JSON.stringify(actual)}`);
    },
    checks: () => checks,
  };
}

function indent(text: string): string {
  return text
    .split('\n')
    .map((line) => `   ${line}`)
    .join('\n');
}
