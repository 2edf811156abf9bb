import type { IncomingHttpHeaders } from 'node:http';
import { passedOn } from '../subgraphs/subgraph-headers.ts';
import type { SubgraphSettings } from '../subgraphs/subgraph-settings.ts';
import { asksToExplain } from '../pipeline/explain-request.ts';
import { persistedIdIn, type OperationRequest } from '../pipeline/operation-request.ts';
import type { RequestContext } from '../request-context.ts';
import type { Accepted } from './live-subscriptions.ts';

/**
 * What of a client's request is kept with a topic: enough to have it accepted again by another supergraph. Its text is that of
 * the parsed document, which all who sent the same share.
 */
export function slimRequest(request: OperationRequest, { document, variables }: Accepted): OperationRequest {
  const { query, operationName } = request;
  const isById = (query === undefined || query === null || query === '') && persistedIdIn(request) !== undefined;
  const extensions = {
    ...(isById && { persistedQuery: request.extensions?.['persistedQuery'] }),
    ...(asksToExplain(request) && { explain: true }),
  };
  return {
    ...(Object.keys(extensions).length > 0 && { extensions }),
    ...(!isById && { query: document.loc?.source.body ?? query }),
    operationName,
    variables,
  };
}

/** Mostly there are none, and there are many topics. */
const none: IncomingHttpHeaders = Object.freeze({});

/** @returns those of a client's headers that some subgraph gets to see: who sends others has another topic */
export function createSharedHeaders({ headers: all, byName }: SubgraphSettings) {
  const passes = passedOn([all, ...Object.values(byName).flatMap(({ headers }) => headers ?? [])]);
  return function sharedHeaders(headers: IncomingHttpHeaders): IncomingHttpHeaders {
    const shared = Object.entries(headers).filter(([name]) => passes(name));
    return shared.length === 0 ? none : Object.fromEntries(shared);
  };
}

/** What of a client's context its topic may use: nothing that is not the same for all of its clients, beside the ids of logs. */
export function slimContext(
  { requestId, traceparent, caller }: RequestContext,
  headers: IncomingHttpHeaders,
): RequestContext {
  return { requestId, traceparent, caller, headers };
}
