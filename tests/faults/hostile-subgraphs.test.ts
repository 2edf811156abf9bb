import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '@cafe-for-me/deploy/paths';
import { hostileModes, type HostileMode } from '../bench/hostile/answers.ts';
import { QUERY, wrongIn } from '../bench/hostile/check.ts';
import { startAttackedRouter, type AttackedRouter } from '../bench/hostile/router.ts';
import { startHostileSubgraphs, type HostileSubgraphs } from '../bench/hostile/subgraphs.ts';

let dir: string;
let subgraphs: HostileSubgraphs;
/** Waits long, so that an answer that is only slow is never late. */
let patient: AttackedRouter;
/** Gives up soon, for subgraphs that never answer; a busy machine must bring the right answers of the others before. */
let hasty: AttackedRouter;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'cafe-hostile-'));
  subgraphs = await startHostileSubgraphs();
  const start = (timeoutMs: number) =>
    startAttackedRouter({ file: join(root, 'router/dist/main.js'), dir, sdl: subgraphs.sdl, timeoutMs });
  [patient, hasty] = await Promise.all([start(20_000), start(1_000)]);
});
afterAll(async () => {
  await Promise.all([patient.child.stop(), hasty.child.stop()]);
  await subgraphs.close();
  await rm(dir, { recursive: true });
});

async function ask({ origin }: AttackedRouter, { name }: HostileMode): Promise<[status: number, text: string]> {
  const response = await fetch(`${origin}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: QUERY, variables: { mode: name } }),
  });
  return [response.status, await response.text()];
}

describe('a subgraph that', () => {
  it.each(hostileModes.map((mode) => [mode.name, mode] as const))(
    '%s spoils its own fields and no others, and tells nothing of itself',
    async (_name, mode) => {
      const router = mode.outcome === 'late' ? hasty : patient;
      expect(wrongIn(mode, ...(await ask(router, mode)))).toBeUndefined();
    },
  );

  it('answers in all these ways at once is no trouble either', async () => {
    const light = hostileModes.filter(({ heavy, outcome }) => heavy === undefined && outcome !== 'late');
    const asked = Array.from({ length: 300 }, (_, index) => light[(index * 7) % light.length]!);
    const wrong: string[] = [];
    async function client(): Promise<void> {
      for (let mode = asked.pop(); mode !== undefined; mode = asked.pop()) {
        const problem = wrongIn(mode, ...(await ask(patient, mode)));
        if (problem !== undefined) wrong.push(`${mode.name}: ${problem}`);
      }
    }
    await Promise.all(Array.from({ length: 20 }, client));
    expect(wrong).toEqual([]);
  });
});
