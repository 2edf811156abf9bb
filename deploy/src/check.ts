/** Everything that can be said about the sources without running them: `npm run check`. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { breakingChanges } from './breaking-changes.ts';
import { composeSupergraph, supergraphFile } from './compose-supergraph.ts';
import { isMain } from './is-main.ts';

export interface Outcome {
  ok: boolean;
  /** For a person: why it failed, or what there is to know when it passed. */
  output: string;
}

export interface Check {
  name: string;
  run(): Promise<Outcome>;
}

const root = fileURLToPath(new URL('../../', import.meta.url));

/**
 * The heavy ones stand first, so that the two lanes end at about the same time. knip is shown how packages are built,
 * because it follows an import of another package through its dist/ back to the source.
 */
export const checks: Check[] = [
  { name: 'lint', run: () => tool('oxlint', 'bin/oxlint', '--deny-warnings') },
  { name: 'types', run: () => tool('typescript', 'bin/tsc', '-p', 'tsconfig.json') },
  {
    name: 'types of the playground',
    run: () => tool('typescript', 'bin/tsc', '-p', 'router/playground/tsconfig.json'),
  },
  { name: 'types of the pages', run: () => tool('typescript', 'bin/tsc', '-p', 'console/tsconfig.json') },
  { name: 'format', run: () => tool('prettier', 'bin/prettier.cjs', '--check', '--log-level', 'warn', '.') },
  { name: 'spelling', run: () => tool('cspell', 'bin.mjs', 'lint', '--no-progress', '--no-summary', '--dot', '.') },
  { name: 'dead code', run: () => tool('knip', 'bin/knip.js', '--tsConfig', 'tsconfig.build.json') },
  { name: 'supergraph is up to date', run: async () => supergraphIsUpToDate() },
  { name: 'no breaking change of the graph', run: noBreakingChange },
];

/**
 * Runs checks two at a time: more would only make them slower on a small machine.
 *
 * @param report is told of each as it ends
 * @returns whether all passed
 */
export async function runChecks(
  all: readonly Check[],
  report: (name: string, outcome: Outcome, ms: number) => void,
): Promise<boolean> {
  const waiting = [...all];
  let passed = true;
  async function lane(): Promise<void> {
    for (let check = waiting.shift(); check; check = waiting.shift()) {
      const begun = performance.now();
      const outcome = await check.run().catch((error: unknown) => ({ ok: false, output: String(error) }));
      passed &&= outcome.ok;
      report(check.name, outcome, performance.now() - begun);
    }
  }
  await Promise.all([lane(), lane()]);
  return passed;
}

/** Passes when `committed` is what the SDL files compose to. */
export function supergraphIsUpToDate(
  committed = readFileSync(supergraphFile, 'utf8'),
  composed = composeSupergraph(),
): Outcome {
  if (committed === composed) return { ok: true, output: '' };
  return { ok: false, output: 'schema/supergraph.graphql is not what the subgraphs compose to. Run: npm run compose' };
}

/** Compares the graph of the working tree with that of the last commit, where there is one. */
async function noBreakingChange(): Promise<Outcome> {
  const last = await command('git', ['show', 'HEAD:schema/supergraph.graphql']);
  if (!last.ok) return { ok: true, output: 'there is no earlier commit to compare with' };
  const changes = breakingChanges(last.output, composeSupergraph());
  if (changes.length === 0) return { ok: true, output: '' };
  return { ok: false, output: `Clients of the last commit's graph would break:\n${changes.join('\n')}` };
}

/** Runs a program of node_modules. What it says when all is well is of no interest. */
async function tool(name: string, program: string, ...args: string[]): Promise<Outcome> {
  const { ok, output } = await command(process.execPath, [`node_modules/${name}/${program}`, ...args]);
  return { ok, output: ok ? '' : output };
}

function command(program: string, args: string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    const chunks: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.once('error', (error) => resolve({ ok: false, output: `${program}: ${error.message}` }));
    child.once('close', (code) => resolve({ ok: code === 0, output: Buffer.concat(chunks).toString('utf8') }));
  });
}

function print(name: string, { ok, output }: Outcome, ms: number): void {
  const line = `${ok ? '✔' : '✘'} ${name} (${(ms / 1000).toFixed(1)} s)`;
  if (!ok) console.log(`${line}\n${output.trimEnd().replaceAll(/^/gm, '    ')}`);
  else console.log(output === '' ? line : `${line}: ${output}`);
}

if (isMain(import.meta.url)) {
  const passed = await runChecks(checks, print);
  console.log(passed ? '\nAll checks pass.' : '\nSome checks fail.');
  process.exitCode = passed ? 0 : 1;
}
