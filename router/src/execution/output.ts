import { GraphQLError } from 'graphql';
import type { ResponsePath } from './paths.ts';

/** Where the writer is in the answer, and what it found wrong on its way. */
export interface Output {
  /** Of the value that is being written; only the first `depth` elements count. */
  readonly path: ResponsePath;
  depth: number;
  readonly problems: GraphQLError[];
  /** Lists and objects that hang at several places, see `Run`. */
  readonly shared: ReadonlySet<object> | undefined;
  /** What was written for one of them, and by which writer: at another place it may be asked for other fields. */
  readonly written: Map<object, { readonly by: unknown; readonly text: string }> | undefined;
}

export function createOutput(shared: ReadonlySet<object> | undefined): Output {
  return { path: [], depth: 0, problems: [], shared, written: shared && new Map() };
}

/** Puts down a problem with the value that is being written, or with its field or element `name`. */
export function tellProblem(output: Output, message: string, name?: string | number): void {
  const path = output.path.slice(0, output.depth);
  if (name !== undefined) path.push(name);
  output.problems.push(new GraphQLError(message, { path }));
}

/**
 * The problems that need telling beside the errors of the execution: a null that a subgraph explained, or that a fetch left
 * behind, has its error already. An error explains what is at, above and below its place; one without a path explains all.
 */
export function unexplained(problems: readonly GraphQLError[], errors: readonly GraphQLError[]): GraphQLError[] {
  return problems.filter(({ path = [] }) => !errors.some((error) => explains(error.path ?? [], path)));
}

function explains(known: readonly (string | number)[], path: readonly (string | number)[]): boolean {
  const length = Math.min(known.length, path.length);
  for (let index = 0; index < length; index++) if (known[index] !== path[index]) return false;
  return true;
}
