import type { FetchNode } from '@apollo/query-planner';
import { isObject, type Data } from './run.ts';

/** The variables that an entity's fetch gets from the objects above it, nearest last: what `@fromContext` names. */
export type ContextArguments = (above: readonly Data[]) => Record<string, unknown>;

const FRAGMENT = '... on ';

/**
 * Prepares them from a plan's `contextRewrites`: paths that go up (`..`) to an object of a type and down from it to a field.
 * Several may stand for one variable, for ancestors of different types.
 *
 * @returns undefined when the fetch has none
 */
export function prepareContextArguments(
  rewrites: FetchNode['contextRewrites'],
  isOfType: (name: string, condition: string) => boolean,
): ContextArguments | undefined {
  if (rewrites === undefined || rewrites.length === 0) return undefined;
  const names = [...new Set(rewrites.map(({ renameKeyTo }) => renameKeyTo))];

  return function argumentsFrom(above) {
    const values: Record<string, unknown> = {};
    for (const name of names) values[name] = null;
    for (const { path, renameKeyTo } of rewrites) {
      const ups = path.findIndex((element) => element !== '..');
      const value = valueAt(above[above.length - ups], path.slice(ups));
      if (value !== undefined) values[renameKeyTo] = value;
    }
    return values;
  };

  function valueAt(from: unknown, path: readonly string[]): unknown {
    let value = from;
    for (const element of path) {
      if (!isObject(value)) return undefined;
      if (element.startsWith(FRAGMENT)) {
        const name = value['__typename'];
        if (typeof name === 'string' && !isOfType(name, element.slice(FRAGMENT.length))) return undefined;
      } else {
        value = value[element];
      }
    }
    return value;
  }
}
