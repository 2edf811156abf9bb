import { GraphQLError } from 'graphql';
import type { JsonBytes } from './json-bytes.ts';
import type { ResponsePath } from './paths.ts';

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
  /** What was written for one of them, and by which writer: at another place it may be asked for other fields. */
  readonly written: Map<object, Written> | undefined;
}

interface Written {
  readonly by: unknown;
  /** Where its bytes are. */
  readonly from: number;
  readonly to: number;
}

export function createOutput(bytes: JsonBytes, shared: ReadonlySet<object> | undefined): Output {
  return { bytes, path: [], depth: 0, problems: [], shared, written: shared && new Map() };
}

/** Puts down a problem with the value that is being written, or with its field `name`. */
export function tellProblem(output: Output, message: string, name?: string): void {
  output.problems.push({ error: new GraphQLError(message, { path: pathOf(output, name) }), nullAt: [] });
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
  const own = problems.filter(
    ({ error: { path = [] }, nullAt }) =>
      !errors.some((error) => startsWith(path, error.path ?? []) || startsWith(error.path ?? [], nullAt)),
  );
  return own.map(({ error }) => error);
}

function startsWith(path: readonly (string | number)[], start: readonly (string | number)[]): boolean {
  return start.length <= path.length && start.every((element, index) => path[index] === element);
}
