import type { FetchTools } from './ask.ts';
import { isObject, type Data, type Run } from './run.ts';

/**
 * Puts the fields of `source` into `target`, which keeps what it has: objects of one name become one, lists of one length
 * are joined element by element, and of two other values the later counts.
 *
 * Where one subgraph has an object and another has null for the same field, the object stays, whichever came first: a
 * field that only the other one knows is missing in it then. A subgraph that has an interface as an object says the
 * interface's name of objects whose own type another one knows, which is kept.
 *
 * @param abstractTypes names of the interfaces
 */
function merge(target: Data, source: Data, abstractTypes: ReadonlySet<unknown>): void {
  for (const key in source) {
    // JSON may name a key so; assigned, it would be no key.
    if (key === '__proto__') continue;
    const value = source[key];
    const present = target[key];
    if (key === '__typename' && typeof present === 'string' && abstractTypes.has(value)) continue;
    // What is inherited (`constructor`, `toString`) is a function, which no JSON has.
    if (present === undefined || typeof present !== 'object' || present === null) target[key] = value;
    else if (value !== null) target[key] = joined(present, value, abstractTypes);
  }
}

function joined(present: object, value: unknown, abstractTypes: ReadonlySet<unknown>): unknown {
  if (Array.isArray(present)) {
    if (!Array.isArray(value) || value.length !== present.length) return value;
    for (let index = 0; index < value.length; index++) {
      const element: unknown = present[index];
      if (typeof element !== 'object' || element === null) present[index] = value[index];
      else if (value[index] !== null) present[index] = joined(element, value[index], abstractTypes);
    }
    return present;
  }
  if (!isObject(value)) return value;
  merge(present as Data, value, abstractTypes);
  return present;
}

/** Puts what came for an object into all places that have it. */
export type Merge = (targets: readonly Data[], source: Data, run: Run) => void;

/**
 * Where one answer is for several places, they have its lists and objects in common from then on, which the run takes down:
 * what is below them is fetched and written once. Only where places may need different data, each gets a copy.
 */
export function prepareMerge({ abstractTypes, copies }: Pick<FetchTools, 'abstractTypes' | 'copies'>): Merge {
  return function mergeInto(targets, source, run) {
    if (targets.length === 1) {
      merge(targets[0]!, source, abstractTypes);
      return;
    }
    if (copies) {
      for (const target of targets) merge(target, structuredClone(source), abstractTypes);
      return;
    }
    for (const target of targets) merge(target, source, abstractTypes);
    run.shared ??= new Set();
    for (const key in source) {
      const value = source[key];
      if (typeof value === 'object' && value !== null) run.shared.add(value);
    }
  };
}
