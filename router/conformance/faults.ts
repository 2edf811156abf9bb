import { createRandom } from './random.ts';
import type { Source } from './world.ts';

/** What a field does instead of answering. `nullItem`: one item of its list is null. */
export type Fault = 'throw' | 'null' | 'nullItem';

/** What happens beside the operation: which fields and which subgraphs fail. */
export interface Weather {
  /** By row and field, `u1.name`; a root's row has the root's name, `Query.me`. */
  readonly faults?: Readonly<Record<string, Fault>>;
  /** Subgraphs that answer nothing at all. What a whole schema would say then is undefined: only stock is compared. */
  readonly down?: readonly string[];
}

/** Decides for a field of an object; the same for the subgraph that has it and for the whole schema. */
export type Faults = (source: Source, field: string, args: object) => Fault | undefined;

export const noFaults: Faults = () => undefined;

export function namedFaults({ faults = {} }: Weather): Faults {
  return (source, field) => faults[`${source.id}.${field}`];
}

/** @param rate how many of the fields fail, from 0 to 1 */
export function randomFaults(seed: string, rate: number): Faults {
  return function faultOf(source, field, args) {
    const random = createRandom(`${seed} ${source.type} ${source.id} ${field} ${textOf(args)}`);
    return random.chance(rate) ? random.pick<Fault>(['throw', 'throw', 'null', 'nullItem']) : undefined;
  };
}

/** What the field gives: `read()`, unless the fault has it otherwise. */
export function underFault(fault: Fault | undefined, read: () => unknown): unknown {
  if (fault === 'throw') throw new Error('a fault');
  if (fault === 'null') return null;
  const value = read();
  if (fault !== 'nullItem' || !Array.isArray(value) || value.length === 0) return value;
  return value.with(Math.floor(value.length / 2), null);
}

/** The same for two schemas that list the arguments in another order. */
function textOf(args: object): string {
  return JSON.stringify(Object.entries(args).toSorted(([one], [other]) => (one < other ? -1 : 1)));
}
