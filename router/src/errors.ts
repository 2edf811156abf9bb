import { formatted as shaped, maskErrors, type FormatError } from '@cafe-for-me/lib/errors';
import type { Logger } from '@cafe-for-me/lib/log';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { logFields, type RequestContext } from './request-context.ts';

const subrequestCodes = { timedOut: 'SUBREQUEST_TIMEOUT', failed: 'SUBREQUEST_FAILED' } as const;

/** A subgraph took longer than it may. */
export function subrequestTimedOut(subgraph: string): GraphQLError {
  return new GraphQLError(`The service "${subgraph}" did not answer in time.`, {
    extensions: { code: subrequestCodes.timedOut, serviceName: subgraph },
  });
}

/** A subgraph can't be reached, or what it answers is no GraphQL. */
export function subrequestFailed(subgraph: string): GraphQLError {
  return new GraphQLError(`The service "${subgraph}" can't be reached.`, {
    extensions: { code: subrequestCodes.failed, serviceName: subgraph },
  });
}

/** A subgraph failed so often that it isn't asked for a while. */
export function subrequestLeftAlone(subgraph: string): GraphQLError {
  return new GraphQLError(`The service "${subgraph}" failed repeatedly and is left alone for a moment.`, {
    extensions: { code: subrequestCodes.failed, serviceName: subgraph },
  });
}

/** An error belongs to one request, where it gets its path: who shares a failed fetch gets another one that says the same. */
export function rethrowCopy(error: unknown): never {
  if (!(error instanceof GraphQLError)) throw error;
  throw new GraphQLError(error.message, { extensions: { ...error.extensions } });
}

/** The client's request makes no sense, in HTTP's words: 400. */
export function badRequest(message: string, code = 'BAD_REQUEST'): GraphQLError {
  return new GraphQLError(message, { extensions: { code, http: { status: 400 } } });
}

/**
 * A dead subgraph that was asked three times in one operation is one fact: the first error tells it.
 */
export function onceEach(errors: readonly GraphQLError[]): readonly GraphQLError[] {
  if (errors.length < 2) return errors;
  const told = new Set<string>();
  return errors.filter((error) => {
    const { code, serviceName } = error.extensions;
    if (code !== subrequestCodes.failed && code !== subrequestCodes.timedOut) return true;
    const fact = `${code}:${String(serviceName)}`;
    if (told.has(fact)) return false;
    told.add(fact);
    return true;
  });
}

/** Which request an error belongs to, for the log line under which it is masked. */
const contexts = new WeakMap<object, Pick<RequestContext, 'requestId' | 'traceparent'>>();

/** Says of errors which request they belong to. Only failures pay for it: a context around each request would cost all. */
export function belongTo(context: RequestContext, errors: readonly unknown[]): void {
  context.observed?.failed(errors);
  for (const error of errors) if (typeof error === 'object' && error !== null) contexts.set(error, context);
}

/** What subgraphs put into `extensions` for debugging, or for the HTTP layer of their own. */
const innards = ['stacktrace', 'exception', 'http'];

/**
 * The one formatter, for every transport. What a subgraph says to clients passes (it masks its own faults), without
 * what is meant for developers; a fault of the router's own is masked and logged under a reference.
 */
export function createFormatError(log: Logger): FormatError {
  function mask(formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError {
    const context = contexts.get(error as object);
    return maskErrors(context === undefined ? log : log.child(logFields(context)))(formatted, error);
  }
  return function formatError(formatted, error) {
    const extensions = formatted.extensions;
    if (extensions?.['serviceName'] === undefined) return mask(formatted, error);
    if (!innards.some((name) => name in extensions)) return formatted;
    return {
      ...formatted,
      extensions: Object.fromEntries(Object.entries(extensions).filter(([name]) => !innards.includes(name))),
    };
  };
}

/** What an error asks of the HTTP answer that tells it; no client gets to see it. */
export function httpHeadOf(error: {
  readonly extensions?: Readonly<Record<string, unknown>> | undefined;
}): { readonly status?: number; readonly headers?: ReadonlyMap<string, string> } | undefined {
  const head = error.extensions?.['http'];
  if (typeof head !== 'object' || head === null) return undefined;
  const { status, headers } = head as { status?: unknown; headers?: unknown };
  return (status === undefined || typeof status === 'number') && (headers === undefined || headers instanceof Map)
    ? head
    : undefined;
}

/** Formats errors where Apollo Server doesn't: those of known operations, and of a subscription's events. */
export function formatAll(errors: readonly unknown[], format: FormatError): GraphQLFormattedError[] {
  return errors.map((error) => {
    const asGraphQL =
      error instanceof GraphQLError ? error : new GraphQLError('Unexpected error', { originalError: error as Error });
    const plain = shaped(asGraphQL);
    if (httpHeadOf(plain) === undefined) return format(plain, error);
    const { http: _head, ...extensions } = plain.extensions ?? {};
    return format({ ...plain, extensions }, error);
  });
}
