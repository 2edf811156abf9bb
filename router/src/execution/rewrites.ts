import type { FetchDataRewrite } from '@apollo/query-planner';
import { isObject, type Data } from './run.ts';

/** Changes an object in place, as the planner wants it before it is sent to a subgraph or after it came from there. */
export type Rewrite = (object: unknown) => void;

const FRAGMENT = '... on ';

/**
 * The planner's rewrites: a value is set (an interface object's type name is another one in each subgraph) or a key renamed
 * (two fields of one response name were fetched under other names).
 *
 * @param isOfType whether an object of the type `name` is a `condition`
 * @returns undefined when there is nothing to rewrite
 */
export function prepareRewrites(
  rewrites: readonly FetchDataRewrite[] | undefined,
  isOfType: (name: string, condition: string) => boolean,
): Rewrite | undefined {
  if (rewrites === undefined || rewrites.length === 0) return undefined;
  const all = rewrites.map((rewrite) => prepareRewrite(rewrite, isOfType));
  return function rewriteAll(object) {
    for (const rewrite of all) rewrite(object);
  };
}

function prepareRewrite(rewrite: FetchDataRewrite, isOfType: (name: string, condition: string) => boolean): Rewrite {
  const path = rewrite.path.slice(0, -1);
  const key = rewrite.path.at(-1) ?? '';

  function change(object: Data): void {
    if (rewrite.kind === 'ValueSetter') {
      object[key] = rewrite.setValueTo;
    } else if (Object.hasOwn(object, key)) {
      object[rewrite.renameKeyTo] = object[key];
      delete object[key];
    }
  }

  function apply(value: unknown, depth: number): void {
    if (Array.isArray(value)) {
      for (const one of value) apply(one, depth);
      return;
    }
    if (!isObject(value)) return;
    const element = path[depth];
    if (element === undefined) {
      change(value);
    } else if (element.startsWith(FRAGMENT)) {
      // Where the name of the type wasn't asked for, there is but one that it can be.
      const name = value['__typename'];
      if (typeof name !== 'string' || isOfType(name, element.slice(FRAGMENT.length))) apply(value, depth + 1);
    } else {
      apply(value[element], depth + 1);
    }
  }

  return (object) => apply(object, 0);
}
