import { GraphQLError } from 'graphql';
import type { SubgraphAnswer } from '../subgraphs/subgraph-answer.ts';
import type { ResponsePath } from './paths.ts';

export type SubgraphError = NonNullable<SubgraphAnswer['errors']>[number];

/**
 * What a subgraph says went wrong, in the place of the client's response where it did. What it says of HTTP is about its own
 * answer, not about the router's.
 */
export function subgraphError(
  { message, extensions }: SubgraphError,
  serviceName: string,
  path: readonly (string | number)[] | undefined,
): GraphQLError {
  const { http: _ofItsOwn, ...said } = extensions ?? {};
  return new GraphQLError(message, {
    ...(path !== undefined && path.length > 0 && { path }),
    extensions: { code: 'DOWNSTREAM_SERVICE_ERROR', ...said, serviceName },
  });
}

/** A fetch that has no answer, told at the place whose fields are missing now. */
export function fetchFailed(error: unknown, path: ResponsePath): GraphQLError {
  const known =
    error instanceof GraphQLError ? error : new GraphQLError('Unexpected error', { originalError: error as Error });
  return withPath(known, path);
}

/** The same error at another place; an empty path is none. */
export function withPath({ message, originalError, extensions }: GraphQLError, path: ResponsePath): GraphQLError {
  return new GraphQLError(message, {
    ...(path.length > 0 && { path }),
    ...(originalError && { originalError }),
    extensions,
  });
}
