import { validate, visit } from 'graphql';
import { askedOf, report, tryOut, type Trial } from './check.ts';
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
  /** Is told after each operation how many have been tried, and of each that went wrong. */
  readonly tried?: (count: number) => void;
  readonly wrong?: (report: string) => void;
  /** How many may go wrong before the rest is left. @default 5 */
  readonly maxWrong?: number;
}

/**
 * Tries random operations over the fixtures, each with failures of its own.
 *
 * @returns reports of those that went wrong, made as small as possible
 */
export async function tryGenerated(fixtures: readonly Fixture[], run: GeneratedRun): Promise<string[]> {
  const { seed, operations, from = 0, tried, wrong, maxWrong = 5 } = run;
  const setups = new Map<Fixture, Ready>();
  const reports: string[] = [];
  for (let number = from; number < from + operations && reports.length < maxWrong; number += 1) {
    const fixture = fixtures[number % fixtures.length]!;
    const ready = setups.get(fixture) ?? readyOf(fixture);
    setups.set(fixture, ready);
    const trial = trialOf(ready, `${seed}/${number}`);
    const told = trial === undefined ? undefined : await wrongness(ready, trial);
    if (told !== undefined) {
      const text = `seed ${seed}, operation ${number} (--seed ${seed} --from ${number} --operations 1)\n${told}`;
      reports.push(text);
      wrong?.(text);
    }
    tried?.(number - from + 1);
  }
  return reports;
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
  const stock = fixture.stock === undefined && !asked.text.startsWith('subscription') && !hidesKey(asked, setup.asked);
  const against = { stock, whole: true };
  if (random.chance(0.35)) return { ...trial, against };
  if (random.chance(0.25)) {
    const names = Object.keys(fixture.subgraphs);
    return { ...trial, down: [random.pick(names)], against: { ...against, whole: false } };
  }
  if (fixture.faultless !== undefined) return { ...trial, against };
  return { ...trial, faults: beside(setup.asked, randomFaults(seed, random.pick([0.02, 0.1, 0.3]))), against };
}

function validOperation({ schema }: Setup, values: Ready['values'], seed: string): Asked | undefined {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const { text, variables } = generateOperation(schema, createRandom(`${seed}/${attempt}`), values);
    const asked = askedOf(text, variables);
    if (validate(schema, asked.document).length === 0) return asked;
  }
  return undefined;
}

/** Whether a field is called as one that the router asks for itself: stock mixes the two up. */
function hidesKey({ document }: Asked, asked: ReadonlySet<string>): boolean {
  let hides = false;
  visit(document, {
    Field({ alias, name }) {
      if (alias !== undefined && alias.value !== name.value && asked.has(alias.value)) hides = true;
    },
  });
  return hides;
}

function beside(asked: ReadonlySet<string>, faults: Faults): Faults {
  return (source, field, args) => (asked.has(field) ? undefined : faults(source, field, args));
}

async function wrongness({ setup }: Ready, trial: Trial): Promise<string | undefined> {
  if (!(await isWrong(trial))) return undefined;
  const asked = await shrink(setup.schema, trial.asked, (asked) => isWrong({ ...trial, asked }));
  const smallest = { ...trial, asked };
  return report(setup, smallest, await tryOut(setup, smallest));

  async function isWrong(one: Trial): Promise<boolean> {
    const { differences, fromStock } = await tryOut(setup, one);
    return differences.length + fromStock.length > 0;
  }
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
