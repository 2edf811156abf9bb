/** Whether a gateway answers rightly, and what it asks of the subgraphs for it. */
import { isDeepStrictEqual } from 'node:util';
import { rightAnswer } from './answers.ts';
import type { Running } from './contenders.ts';
import { workloads, type Workload } from './graph.ts';
import type { Setting } from './setting.ts';
import { visitText } from './visit.ts';

export interface Checked {
  /** Undefined when the answer is right. */
  readonly wrong: string | undefined;
  readonly answerBytes: number;
  readonly fetches: number;
  readonly subgraphBytes: number;
}

/** A number that no load has: so nothing that was kept from there can answer. */
let checks = 900_000_000;

/** Sends one request of a workload and looks at everything. */
export async function checkAnswer(setting: Setting, running: Running, workload: Workload): Promise<Checked> {
  checks += 1;
  const { port, path } = running.target(workload);
  await setting.control('/reset');
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json',
      authorization: `Bearer ${setting.tokens[0]}`,
      'x-request-id': visitText(checks),
    },
    body: JSON.stringify({ query: workloads[workload], variables: { visit: visitText(checks) } }),
  });
  const text = await response.text();
  const { fetches, bytes } = await setting.control<{ fetches: number; bytes: number }>('/counts');
  return {
    wrong: response.status === 200 ? differs(text, workload) : `HTTP ${response.status}: ${text.slice(0, 500)}`,
    answerBytes: Buffer.byteLength(text),
    fetches,
    subgraphBytes: bytes,
  };
}

function differs(text: string, workload: Workload): string | undefined {
  const { data, errors } = JSON.parse(text) as { data?: unknown; errors?: unknown };
  if (errors !== undefined) return `errors: ${JSON.stringify(errors).slice(0, 500)}`;
  const right: unknown = JSON.parse(JSON.stringify(rightAnswer(workload).data));
  return isDeepStrictEqual(data, right) ? undefined : `another answer: ${text.slice(0, 500)}`;
}

/** Waits until a gateway answers, or has ended. */
export async function waitUntilReady(setting: Setting, running: Running, withinMs = 60_000): Promise<void> {
  const until = performance.now() + withinMs;
  for (;;) {
    const checked = await checkAnswer(setting, running, 'trivial').catch((error: unknown) => ({
      wrong: String(error),
    }));
    if (checked.wrong === undefined) return;
    if (!running.child.running() || performance.now() > until) {
      const said = running.child.lastLines(3).map((line) => line.slice(0, 500));
      throw new Error(`does not get ready (${checked.wrong}):\n${said.join('\n')}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
