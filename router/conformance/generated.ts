import type { Answers } from './answer.ts';
import { askedOf, isValid, report, tryOut, type Trial } from './check.ts';
import { isPartOf } from './compare.ts';
import { randomFaults, type Faults } from './faults.ts';
import type { Fixture } from './fixture.ts';
import { generateOperation } from './generate.ts';
import { createRandom } from './random.ts';
import { createSetup, type Asked, type Setup } from './setup.ts';
import { shrink } from './shrink.ts';
import { createWorld } from './world.ts';

export interface GeneratedRun {
  /** The same seed gives the same operations. */
  readonly seed: number;
  readonly operations: number;
  /** The first one's number. @default 0 */
  readonly from?: number;
  /** How the fixtures were picked, for the command that repeats an operation. */
  readonly picked?: string;
  /** Is told after each operation how many have been tried, and of each that went wrong. */
  readonly tried?: (count: number) => void;
  readonly wrong?: (report: string) => void;
  /** How many may go wrong before the rest is left. @default 10 */
  readonly maxWrong?: number;
}

export interface GeneratedOutcome {
  /** Of operations that we answer wrongly, made as small as possible. */
  readonly reports: readonly string[];
  /** How many the stock gateway answers otherwise than one whole schema, while we don't. */
  readonly stockWrong: number;
  /** How many can't be planned, or would take too long. */
  readonly refused: number;
}

/** Tries random operations over the fixtures, each with failures of its own. */
export async function tryGenerated(fixtures: readonly Fixture[], run: GeneratedRun): Promise<GeneratedOutcome> {
  const { seed, operations, from = 0, picked = '', tried, wrong, maxWrong = 10 } = run;
  const setups = new Map<Fixture, Ready>();
  const reports: string[] = [];
  const counts = { stock: 0, refused: 0, nobody: 0 };
  for (let number = from; number < from + operations && reports.length < maxWrong; number += 1) {
    const fixture = fixtures[number % fixtures.length]!;
    const ready = setups.get(fixture) ?? readyOf(fixture);
    setups.set(fixture, ready);
    const trial = trialOf(ready, `${seed}/${number}`);
    const verdict = trial === undefined ? 'nobody' : await judge(ready.setup, trial);
    if (verdict === 'ours') {
      const told = await smallestReport(ready.setup, trial!);
      const text = `seed ${seed}, operation ${number} (--seed ${seed} --from ${number} --operations 1${picked})\n${told}`;
      reports.push(text);
      wrong?.(text);
    } else counts[verdict] += 1;
    tried?.(number - from + 1);
  }
  return { reports, stockWrong: counts.stock, refused: counts.refused };
}

interface Ready {
  readonly setup: Setup;
  readonly values: Readonly<Record<string, readonly unknown[]>>;
}

function readyOf(fixture: Fixture): Ready {
  return { setup: createSetup(fixture), values: knownValues(fixture) };
}

/** @returns undefined when no valid operation was found, which is rare */
function trialOf({ setup, values }: Ready, seed: string): Trial | undefined {
  const random = createRandom(seed);
  const asked = validOperation(setup, values, seed);
  if (asked === undefined) return undefined;
  const { fixture } = setup;
  const trial = { asked, lateness: seed };
  const against = { stock: !asked.text.startsWith('subscription'), whole: true };
  if (random.chance(0.35)) return { ...trial, against };
  if (random.chance(0.25)) {
    const names = Object.keys(fixture.subgraphs);
    const refusing = random.chance(0.3);
    return { ...trial, down: [random.pick(names)], refusing, against: { ...against, whole: false } };
  }
  if (fixture.faultless !== undefined) return { ...trial, against };
  return { ...trial, faults: beside(setup.asked, randomFaults(seed, random.pick([0.02, 0.1, 0.3]))), against };
}

function validOperation({ schema }: Setup, values: Ready['values'], seed: string): Asked | undefined {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const { text, variables } = generateOperation(schema, createRandom(`${seed}/${attempt}`), values);
    const asked = askedOf(text, variables);
    if (isValid(schema, asked)) return asked;
  }
  return undefined;
}

/** No faults of fields that the router asks for itself, nor of entities that a subgraph doesn't know: nobody asks for their fields. */
function beside(asked: ReadonlySet<string>, faults: Faults): Faults {
  return function faultOf(source, field, args) {
    if (asked.has(field) || source.row['$hiddenIn'] !== undefined) return undefined;
    return faults(source, field, args);
  };
}

type Verdict = 'ours' | 'stock' | 'refused' | 'nobody';

/**
 * Who answers wrongly. Where one whole schema is a measure, it alone says what is right; stock is wrong in places of its own. Where it
 * is none, because a subgraph is down, stock is, but for operations that it gets wrong with all subgraphs up, too.
 */
async function judge(setup: Setup, trial: Trial): Promise<Verdict> {
  const { against } = trial;
  // At the same time as the same operation without failures: what one of them meets is nothing to the other.
  const [{ differences, fromStock, stock, whole, refused }, neighbor] = await Promise.all([
    tryOut(setup, trial),
    tryOut(setup, twinOf(trial)),
  ]);
  if (refused === true) return 'refused';
  if (differences.length + neighbor.differences.length > 0) return 'ours';
  if (fromStock.length === 0) return 'nobody';
  if (against.whole || !isSound(stock, whole)) return 'stock';
  return neighbor.fromStock.length > 0 ? 'stock' : 'ours';
}

function twinOf({ asked, lateness = '', against }: Trial): Trial {
  return { asked, lateness: `beside ${lateness}`, against: { ...against, whole: true } };
}

async function smallestReport(setup: Setup, trial: Trial): Promise<string> {
  const isWrong = async (asked: Asked): Promise<boolean> => (await judge(setup, { ...trial, asked })) === 'ours';
  const smallest = { ...trial, asked: await shrink(setup.schema, trial.asked, isWrong) };
  const outcome = await tryOut(setup, smallest);
  if (outcome.differences.length + outcome.fromStock.length > 0) return report(setup, smallest, outcome);
  const twin = twinOf(smallest);
  return report(setup, twin, await tryOut(setup, twin));
}

function isSound(answers: Answers | Error | undefined, whole: Answers | Error): boolean {
  if (answers === undefined || answers instanceof Error || whole instanceof Error) return true;
  return answers.every(({ data }, index) => isPartOf(data, whole[index]?.data));
}

/** The values of leaves by the names of their fields: arguments are mostly named as what they find. */
function knownValues(fixture: Fixture): Record<string, unknown[]> {
  const values: Record<string, unknown[]> = {};
  for (const table of Object.values(createWorld(fixture.world()).data.rows ?? {})) {
    for (const row of Object.values(table)) {
      for (const [name, value] of Object.entries(row)) {
        if (typeof value === 'string' && !value.startsWith('@')) values[name] = [...(values[name] ?? []), value];
      }
    }
  }
  return values;
}
