import type { z } from 'zod';
import type { KeyPath } from './config-file.ts';
import { allowedBy, plainSchema, schemaAt, type JsonSchema } from './config-schema.ts';

/** What zod says where a schema says nothing better. */
const wordsOfZod = /^(?:Invalid|Too|Unrecognized)/;

/**
 * Says what is wrong with settings, one sentence each, never repeating a value: it may be a secret.
 *
 * @param placeOf where a value was given: a line of the file, a variable, an argument
 */
export function problemsOf(
  error: z.ZodError,
  values: unknown,
  placeOf: (path: KeyPath) => string | undefined,
): readonly string[] {
  return error.issues.flatMap(function sentences(issue): string[] {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => at([...issue.path, key], unknownKey(issue.path, key)));
    }
    const value = valueAt(values, issue.path);
    const schema = schemaAt(issue.path);
    const wanted = schema === undefined ? undefined : allowedBy(schema);
    if (value === undefined) return [at(issue.path, `is missing${wanted === undefined ? '' : `; it is ${wanted}`}`)];
    if (wanted === undefined || !wordsOfZod.test(issue.message)) return [at(issue.path, `: ${issue.message}`)];
    return [at(issue.path, `should be ${wanted}${meant(nearest(value, schema?.enum ?? []))}`)];
  });

  function at(path: KeyPath, sentence: string): string {
    const place = placeOf(path);
    return `${place === undefined ? '' : `${place}: `}${path.join('.')}${sentence.startsWith(':') ? '' : ' '}${sentence}`;
  }
}

function unknownKey(parent: KeyPath, key: string): string {
  const known = Object.keys(schemaAt(parent)?.properties ?? {});
  const near = nearest(key, known) ?? placesOf(key, plainSchema)[0];
  if (near === undefined) return `does not exist; there are ${known.join(', ')}`;
  return `does not exist${meant(near)}${known.length < 10 ? ` There are ${known.join(', ')}.` : ''}`;
}

function meant(near: string | undefined): string {
  return near === undefined ? '' : `; did you mean ${near}?`;
}

/** Keys of that name elsewhere, as whole paths. */
function placesOf(key: string, schema: JsonSchema, path: readonly string[] = []): string[] {
  const places: string[] = [];
  for (const [name, inner] of Object.entries(schema.properties ?? {})) {
    if (name === key) places.push([...path, name].join('.'));
    places.push(...placesOf(key, inner, [...path, name]));
  }
  return places;
}

/** The one that differs least, when it differs by typing mistakes only. */
function nearest(given: unknown, known: readonly unknown[]): string | undefined {
  if (typeof given !== 'string') return undefined;
  const [best] = known
    .filter((one) => typeof one === 'string')
    .map((name) => ({ name, distance: distance(given.toLowerCase(), name.toLowerCase()) }))
    .toSorted((one, other) => one.distance - other.distance);
  return best !== undefined && best.distance <= Math.max(1, Math.floor(best.name.length / 3)) ? best.name : undefined;
}

/** Letters to add, drop or exchange (two neighbors changing places count as one). */
function distance(from: string, to: string): number {
  const rows: number[][] = [Array.from({ length: to.length + 1 }, (_, column) => column)];
  for (let row = 1; row <= from.length; row += 1) {
    const before = rows[row - 1]!;
    const line = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[row - 1] === to[column - 1];
      let best = Math.min(before[column]! + 1, line[column - 1]! + 1, before[column - 1]! + (same ? 0 : 1));
      if (row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]) {
        best = Math.min(best, rows[row - 2]![column - 2]! + 1);
      }
      line.push(best);
    }
    rows.push(line);
  }
  return rows[from.length]![to.length]!;
}

function valueAt(values: unknown, path: KeyPath): unknown {
  return path.reduce<unknown>((inside, step) => (inside as Record<PropertyKey, unknown> | undefined)?.[step], values);
}
