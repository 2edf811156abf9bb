import { GraphQLError } from 'graphql';
import type { JsonBytes } from './json-bytes.ts';
import type { ResponsePath } from './paths.ts';
import { maxErrors } from './run.ts';

/** It is the subgraphs' fault, and clients may know: it names nothing that their schema has not. */
const extensions = { code: 'DOWNSTREAM_SERVICE_ERROR' };

/** A value that was not as its type wants it, or not there. */
interface Problem {
  readonly error: GraphQLError;
  /** Where the null stands that became of it. */
  nullAt: ResponsePath;
}

/** Where the writer is in the answer, and what it found wrong on its way. */
export interface Output {
  readonly bytes: JsonBytes;
  /** Of the value that is being written; only the first `depth` elements count. */
  readonly path: ResponsePath;
  depth: number;
  readonly problems: Problem[];
  /** Lists and objects that hang at several places, see `Run`. */
  readonly shared: ReadonlySet<object> | undefined;
  /** What was written for them. */
  readonly written: Map<object, Written> | undefined;
  /** The same objects as they were written, the last one at the end. */
  readonly order: object[];
}

interface Written {
  /** The writer: at another place the object may be asked for other fields. */
  readonly by: unknown;
  /** Where its bytes are. */
  readonly from: number;
  readonly to: number;
}

export function createOutput(bytes: JsonBytes, shared: ReadonlySet<object> | undefined): Output {
  return { bytes, path: [], depth: 0, problems: [], shared, written: shared && new Map(), order: [] };
}

/** Notes what stands for a shared list or object from `from` on. */
export function noteWritten({ bytes, written, order }: Output, value: object, by: unknown, from: number): void {
  written!.set(value, { by, from, to: bytes.end });
  order.push(value);
}

/** Takes back what was written from `from` on, for a null in its place. */
export function takeBack({ bytes, written, order }: Output, from: number): void {
  bytes.end = from;
  if (written === undefined) return;
  // What stood there can't be written again: other bytes will be in its place.
  for (let last = order.at(-1); last !== undefined && (written.get(last)?.to ?? 0) > from; last = order.at(-1)) {
    written.delete(last);
    order.pop();
  }
}

/** Puts down a problem with the value that is being written, or with its field `name`. */
export function tellProblem(output: Output, message: string, name?: string): void {
  if (output.problems.length >= maxErrors) return;
  const path = pathOf(output, name);
  output.problems.push({ error: new GraphQLError(message, { path, extensions }), nullAt: [] });
}

/**
 * Says that a null stands at the value that is being written, or at its field `name`, and goes no further up.
 *
 * @param from how many problems there were before that value
 */
export function settleNull(output: Output, from: number, name?: string): void {
  const { problems } = output;
  if (from === problems.length) return;
  const nullAt = pathOf(output, name);
  // Those within that have a null of their own stand in what is null as a whole now.
  for (let index = from; index < problems.length; index++) problems[index]!.nullAt = nullAt;
}

function pathOf({ path, depth }: Output, name: string | undefined): ResponsePath {
  const copy = path.slice(0, depth);
  if (name !== undefined) copy.push(name);
  return copy;
}

/**
 * The problems that need telling beside the errors of the execution. What a subgraph explained, or a fetch left behind, has its
 * error already: one at or above the place of the problem, or at or below the null that became of it.
 */
export function unexplained({ problems }: Output, errors: readonly GraphQLError[]): GraphQLError[] {
  if (problems.length === 0) return [];
  const places = new Set(errors.map(({ path = [] }) => path.join('.')));
  const above = new Set(errors.flatMap(({ path = [] }) => startsOf(path)));
  const own = problems.filter(function isUnexplained({ error: { path = [] }, nullAt }) {
    return !above.has(nullAt.join('.')) && !startsOf(path).some((start) => places.has(start));
  });
  return own.map(({ error }) => error);
}

/** A path and all that it begins with, as texts; the first is that of no path at all. */
function startsOf(path: readonly (string | number)[]): string[] {
  return [...path.keys(), path.length].map((length) => path.slice(0, length).join('.'));
}
