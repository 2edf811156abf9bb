/** What a gateway asked of the subgraphs for one request of each workload, for the floor to ask again. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rightAnswer } from './answers.ts';
import { checkAnswer } from './check-answers.ts';
import type { Running } from './contenders.ts';
import { workloadNames } from './graph.ts';
import type { Setting } from './setting.ts';

export interface Recorded {
  /** Origin of the subgraphs. */
  readonly subgraphs: string;
  /** By workload. What is in one wave was asked together. */
  readonly plans: Readonly<Record<string, { readonly waves: readonly Wave[]; readonly answer: string }>>;
}

type Wave = readonly { readonly subgraph: string; readonly body: string }[];

/** @returns the file, which has a {@link Recorded} */
export async function record(setting: Setting, running: Running): Promise<string> {
  const plans: Record<string, Recorded['plans'][string]> = {};
  for (const workload of workloadNames) {
    await setting.control('/record');
    const { wrong } = await checkAnswer(setting, running, workload);
    const waves = await setting.control<Wave[]>('/recorded');
    if (wrong !== undefined) throw new Error(`What is answered wrongly is no floor: ${workload}, ${wrong}`);
    plans[workload] = { waves, answer: JSON.stringify(rightAnswer(workload)) };
  }
  const file = join(setting.dir, 'recorded.json');
  const recorded: Recorded = { subgraphs: `http://127.0.0.1:${setting.subgraphsPort}`, plans };
  await writeFile(file, JSON.stringify(recorded));
  return file;
}
