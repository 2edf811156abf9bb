import type { IncomingHttpHeaders } from 'node:http';
import { traceparentIn } from '@cafe-for-me/lib/telemetry';
import type { SubgraphSettings } from '../subgraphs/subgraph-settings.ts';
import { passedOn } from '../subgraphs/subgraph-headers.ts';

/** Those of all connections of which nobody wants any. */
export const noHeaders: IncomingHttpHeaders = Object.freeze({});

/** @returns those of a request's headers that are kept while its connection is open */
export type KeptHeaders = (headers: IncomingHttpHeaders) => IncomingHttpHeaders;

/**
 * What is kept of a request's headers while its connection is open: those that some rule passes on to a subgraph, and the trace
 * context. The others would take up memory for nothing, as there are many connections.
 */
export function createKeptHeaders({ headers: all, byName }: SubgraphSettings): KeptHeaders {
  const rules = [all, ...Object.values(byName).flatMap(({ headers }) => headers ?? [])];
  const isWanted = passedOn(rules);
  return function keptHeaders(headers) {
    let kept: IncomingHttpHeaders | undefined;
    for (const name in headers) {
      const wanted = name === 'traceparent' ? traceparentIn(headers[name]) !== undefined : isWanted(name);
      if (wanted) (kept ??= {})[name] = headers[name];
    }
    return kept ?? noHeaders;
  };
}
