import { isObject, type Data } from './run.ts';

/**
 * Puts the fields of `source` into `target`, which keeps what it has: objects of one name become one, lists of one length
 * are joined element by element, and of two other values the later counts.
 *
 * Where one subgraph has an object and another has null for the same field, the object stays, whichever came first: a
 * field that only the other one knows is missing in it then.
 */
export function merge(target: Data, source: Data): void {
  for (const key in source) {
    // JSON may name a key so; assigned, it would be no key.
    if (key === '__proto__') continue;
    const value = source[key];
    const present = target[key];
    // What is inherited (`constructor`, `toString`) is a function, which no JSON has.
    if (present === undefined || typeof present !== 'object' || present === null) target[key] = value;
    else if (value !== null) target[key] = joined(present, value);
  }
}

function joined(present: object, value: unknown): unknown {
  if (Array.isArray(present)) {
    if (!Array.isArray(value) || value.length !== present.length) return value;
    for (let index = 0; index < value.length; index++) {
      const element: unknown = present[index];
      if (typeof element !== 'object' || element === null) present[index] = value[index];
      else if (value[index] !== null) present[index] = joined(element, value[index]);
    }
    return present;
  }
  if (!isObject(value)) return value;
  merge(present as Data, value);
  return present;
}

/**
 * Puts one entity into all objects that it was asked for. From then on they have its lists and objects in common, which
 * `shared` takes down.
 */
export function mergeIntoAll(targets: readonly Data[], source: Data, shared: Set<object>): void {
  for (const target of targets) merge(target, source);
  for (const key in source) {
    const value = source[key];
    if (typeof value === 'object' && value !== null) shared.add(value);
  }
}
