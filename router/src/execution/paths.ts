import { isObject, type Data, type Run } from './run.ts';

/**
 * One element of a plan's path: a field's response name, or `@` for each element of a list; both may be limited to objects
 * of some types (`name|[A,B]`, `@|[A]`).
 */
interface Element {
  /** Undefined for `@`, and for a mere limit on types. */
  readonly key: string | undefined;
  readonly each: boolean;
  readonly types: ReadonlySet<string> | undefined;
}

/** Where in the response something is: field names and indices. */
export type ResponsePath = (string | number)[];

export interface ObjectInContext {
  readonly object: Data;
  readonly above: readonly Data[];
}

/** The places of a response that a path of the plan leads to. */
export interface Places {
  /** The objects at the path, each once where several ways lead to it. Lists and objects that are not there are left out. */
  objects(run: Run): Data[];
  /** The same with what is above each: the objects on the way to it, the root first. One for each way. */
  objectsInContext(run: Run): ObjectInContext[];
  /** Every way that leads to each of them, as a response has it. For errors: it walks through all of the data. */
  paths(run: Run): ReadonlyMap<unknown, readonly ResponsePath[]>;
  /** They are the operation's root. */
  readonly isRoot: boolean;
  /** The path as far as it leads to one place. */
  readonly commonPath: ResponsePath;
}

/** @param path of a plan's Flatten nodes, the outer ones first; empty for the root */
export function preparePlaces(path: readonly (string | number)[]): Places {
  const elements = path.map((element) => elementOf(String(element))).filter(({ key, each, types }) => key !== undefined || each || types); // prettier-ignore
  const firstList = elements.findIndex(({ each }) => each);
  const single = firstList < 0 ? elements : elements.slice(0, firstList);

  /** Goes every way. */
  function walk(root: Data, arrive: (value: unknown, path: ResponsePath, above: readonly Data[]) => void): void {
    go(root, 0, [], []);

    function go(value: unknown, depth: number, path: ResponsePath, above: readonly Data[]): void {
      const element = elements[depth];
      if (element === undefined) {
        arrive(value, path, above);
        return;
      }
      const { key, each, types } = element;
      const fits = (one: unknown): boolean =>
        types === undefined || (isObject(one) && types.has(one['__typename'] as string));
      if (each) {
        if (!Array.isArray(value)) return;
        value.forEach((one, index) => fits(one) && go(one, depth + 1, [...path, index], above));
      } else if (key === undefined) {
        if (fits(value)) go(value, depth + 1, path, above);
      } else if (isObject(value) && fits(value[key])) {
        go(value[key], depth + 1, [...path, key], [...above, value]);
      }
    }
  }

  return {
    objects(run) {
      let level: unknown[] = [run.data];
      const { shared } = run;
      const visited = shared === undefined ? undefined : new Set<unknown>();
      for (const { key, each, types } of elements) {
        let next: unknown[];
        if (each) {
          next = [];
          for (const list of level) if (Array.isArray(list)) for (const one of list) if (one !== null) next.push(one);
        } else if (key === undefined) {
          next = level;
        } else {
          next = [];
          for (const parent of level) {
            const value = Array.isArray(parent) ? undefined : (parent as Data)[key];
            if (typeof value !== 'object' || value === null) continue;
            if (visited !== undefined && shared!.has(value)) {
              if (visited.has(value)) continue;
              visited.add(value);
            }
            next.push(value);
          }
        }
        level = types === undefined ? next : next.filter((value) => types.has((value as Data)['__typename'] as string));
      }
      return level.filter(isObject);
    },

    objectsInContext(run) {
      const found: ObjectInContext[] = [];
      walk(run.data, (value, _path, above) => isObject(value) && found.push({ object: value, above }));
      return found;
    },

    paths(run) {
      const found = new Map<unknown, ResponsePath[]>();
      walk(run.data, function note(value, path) {
        const others = found.get(value);
        if (others === undefined) found.set(value, [path]);
        else others.push(path);
      });
      return found;
    },

    isRoot: elements.length === 0,
    commonPath: single.flatMap(({ key }) => key ?? []),
  };
}

function elementOf(text: string): Element {
  const [, name = '', types] = /^([^|]*)(?:\|\[(.*)\])?$/.exec(text) ?? [];
  return {
    key: name === '' || name === '@' ? undefined : name,
    each: name === '@',
    types: types === undefined ? undefined : new Set(types.split(',')),
  };
}
