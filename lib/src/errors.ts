import { randomUUID } from 'node:crypto';
import { GraphQLError, Kind, type GraphQLFormattedError } from 'graphql';
import type { Logger } from './log.ts';

/** The codes of `errors[]` that this project gives by itself; the other ones come from the GraphQL libraries. */
export const errorCodes = {
  unauthenticated: 'UNAUTHENTICATED',
  forbidden: 'FORBIDDEN',
  badInput: 'BAD_USER_INPUT',
  notFromRouter: 'NOT_FROM_ROUTER',
  unavailable: 'SERVICE_UNAVAILABLE',
  internal: 'INTERNAL_SERVER_ERROR',
} as const;

/** Nobody is signed in, and the field needs somebody. */
export function unauthenticated(message = 'Sign in to do this.'): GraphQLError {
  return new GraphQLError(message, { extensions: { code: errorCodes.unauthenticated } });
}

/** Somebody is signed in who may not do this. */
export function forbidden(message = 'You may not do this.'): GraphQLError {
  return new GraphQLError(message, { extensions: { code: errorCodes.forbidden } });
}

/**
 * The caller's input makes no sense.
 *
 * @param path the argument that is wrong, outermost name first, e.g. `['input', 'first']`
 */
export function badInput(message: string, path?: readonly (string | number)[]): GraphQLError {
  return new GraphQLError(message, { extensions: { code: errorCodes.badInput, ...(path && { argumentPath: path }) } });
}

/** The service lacks something for the moment; the same again may work. */
export function unavailable(cause: unknown): GraphQLError {
  const originalError = cause instanceof Error ? cause : null;
  const extensions = { code: errorCodes.unavailable };
  return new GraphQLError('The service is not available at the moment. Try again.', { originalError, extensions });
}

export type FormatError = (formatted: GraphQLFormattedError, error: unknown) => GraphQLFormattedError;

/**
 * The one formatter of errors that leave the process: an error that was made for the caller goes out as it is, any other
 * one becomes "Something went wrong" with a `reference`, under which the real one is logged (with the request id, when
 * the caller runs inside `inContext`).
 */
export function maskErrors(log: Logger): FormatError {
  return function formatError(formatted, error) {
    if (isForCaller(formatted)) return formatted;
    const reference = randomUUID();
    log.error(
      { reference, path: formatted.path?.join('.'), error: originOf(error) },
      'unexpected error in an operation',
    );
    return {
      message: `Something went wrong. Reference: ${reference}`,
      ...(formatted.locations && { locations: formatted.locations }),
      ...(formatted.path && { path: formatted.path }),
      extensions: { code: errorCodes.internal, reference },
    };
  };
}

/** The formatted shape of an error outside of Apollo Server, which gives it to its formatter by itself. */
export function formatted(error: GraphQLError): GraphQLFormattedError {
  const code = error.extensions['code'] ?? (isAboutVariables(error) ? errorCodes.badInput : errorCodes.internal);
  return { ...error.toJSON(), extensions: { ...error.extensions, code } };
}

/** graphql-js gives the errors of a variable's value no code. */
function isAboutVariables(error: GraphQLError): boolean {
  return error.path === undefined && error.nodes?.[0]?.kind === Kind.VARIABLE_DEFINITION;
}

/** An error without a code was not made for the caller: it comes from a bug or a fault. */
function isForCaller(formatted: GraphQLFormattedError): boolean {
  const code = formatted.extensions?.['code'];
  return code !== undefined && code !== errorCodes.internal;
}

/** What the resolver threw; graphql-js wraps it in an error that adds the path, with or without another layer around. */
function originOf(error: unknown): unknown {
  return error instanceof GraphQLError && error.originalError !== undefined ? originOf(error.originalError) : error;
}
