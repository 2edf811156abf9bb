import { isDeepStrictEqual } from 'node:util';
import type { Answer, AnswerError } from './answer.ts';

/**
 * How our answer differs from that of one whole schema.
 *
 * Data must be the same to the letter, the order of keys included. Each null must be explained at the same place; where a null has
 * spread upwards, several fields may have caused it, and any of them may be told: ours must be one that did fail.
 *
 * An error of what a client did not ask for tells of no place: the plan may fetch more than that.
 *
 * @param failed places where fields failed, as JSON of their paths
 * @param names that may stand in paths: those of the operation and of the schema
 */
export function differencesFromWhole(
  ours: Answer,
  whole: Answer,
  failed: ReadonlySet<string>,
  names: ReadonlySet<string>,
): string[] {
  const differences: string[] = [];
  if (!isDeepStrictEqual(ours.data, whole.data)) differences.push('other data than the whole schema');
  else if (ours.text !== undefined && ours.text !== JSON.stringify(whole.data)) {
    differences.push('the same data as the whole schema, but written otherwise (order, or a key twice)');
  }
  for (const { path = [] } of ours.errors) {
    const strange = path.find((key) => typeof key === 'string' && !names.has(key));
    if (strange !== undefined) differences.push(`an error at "${strange}", which nobody but the router knows`);
  }
  const [mine, theirs] = [explained(ours.data, ours.errors), explained(whole.data, whole.errors)];
  for (const place of mine.keys()) if (!theirs.has(place)) differences.push(`an error too many for ${place}`);
  for (const place of theirs.keys()) if (!mine.has(place)) differences.push(`no error for ${place}`);
  for (const [place, paths] of mine) {
    const others = theirs.get(place) ?? [];
    for (const path of paths) {
      if (path !== place && !others.includes(path) && !failed.has(path))
        differences.push(`an error at ${path}, where nothing failed`);
    }
  }
  return differences;
}

/** How our answer differs from the stock gateway's, which tells nothing of completion where it has errors to tell. */
export function differencesFromStock(ours: Answer, stock: Answer): string[] {
  const differences: string[] = [];
  if (!isDeepStrictEqual(ours.data, stock.data)) differences.push('other data than stock');
  const mine = explained(ours.data, ours.errors);
  const theirs = explained(stock.data, [...stock.errors, ...stock.completion]);
  for (const [place, paths] of theirs) {
    if (!mine.has(place) && place !== nowhere) differences.push(`stock has an error for ${place}: ${paths.join(', ')}`);
  }
  if (stock.errors.length > 0) return differences;
  for (const place of mine.keys()) if (!theirs.has(place)) differences.push(`stock has no error for ${place}`);
  return differences;
}

/**
 * What is not explained when subgraphs were down: nulls that an answer without failures doesn't have, and that no error is about.
 * An error of a whole subgraph stands for all that is missing of it.
 */
export function unexplainedNulls(ours: Answer, sound: Answer): string[] {
  const explanations = [...explained(ours.data, ours.errors).values()].flat();
  if (explanations.includes(nowhere) || ours.errors.some(isAboutSubgraph)) return [];
  return missing(ours.data, sound.data, [])
    .filter((path) => !explanations.some((one) => reaches(JSON.parse(one), path) || reaches(path, JSON.parse(one))))
    .map((path) => `no error says why ${JSON.stringify(path)} is null`);
}

/**
 * Whether `data` says nothing else than `sound` does, only less: nulls where there is more to say, and no fields where it isn't known
 * which type an object has.
 */
export function isPartOf(data: unknown, sound: unknown): boolean {
  if (data === null) return true;
  if (typeof data !== 'object' || typeof sound !== 'object' || sound === null) return data === sound;
  if (Array.isArray(data) && data.length !== (sound as unknown[]).length) return false;
  return Object.entries(data).every(
    ([key, value]) => Object.hasOwn(sound, key) && isPartOf(value, (sound as Record<string, unknown>)[key]),
  );
}

type Path = readonly (string | number)[];

const nowhere = '(no path)';

function isAboutSubgraph({ extensions }: AnswerError): boolean {
  return String(extensions?.['code']).startsWith('SUBREQUEST_');
}

/** By the place of the null in `data`: the paths of the errors that tell of it. */
function explained(data: unknown, errors: readonly AnswerError[]): Map<string, string[]> {
  const places = new Map<string, string[]>();
  for (const { path } of errors) {
    const at = path === undefined ? undefined : placeOf(data, path);
    if (path !== undefined && at === undefined) continue;
    const place = at === undefined ? nowhere : JSON.stringify(at);
    places.set(place, [...(places.get(place) ?? []), path === undefined ? nowhere : JSON.stringify(path)]);
  }
  return places;
}

/** The part of the path that is in the data; undefined when it leads to what isn't there. */
function placeOf(data: unknown, path: Path): Path | undefined {
  let at = data;
  for (const [depth, key] of path.entries()) {
    if (typeof at !== 'object' || at === null) return path.slice(0, depth);
    at = (at as Record<string | number, unknown>)[key];
    if (at === undefined) return undefined;
  }
  return path;
}

function missing(here: unknown, there: unknown, path: Path): Path[] {
  if (here === null) return there === null ? [] : [path];
  if (typeof here !== 'object' || typeof there !== 'object' || there === null) return [];
  return Object.entries(here).flatMap(([key, value]) =>
    missing(value, (there as Record<string, unknown>)[key], [...path, Array.isArray(here) ? Number(key) : key]),
  );
}

function reaches(from: Path, to: Path): boolean {
  return from.length <= to.length && from.every((key, index) => key === to[index]);
}
