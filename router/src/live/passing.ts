import type { SubgraphError } from '../subgraphs/subgraph-answer.ts';

/** Codes of what is wrong with the subgraph at this moment, and not with what was asked or with who asks. */
const passingCodes: ReadonlySet<unknown> = new Set([
  undefined,
  'INTERNAL_SERVER_ERROR',
  'SERVICE_UNAVAILABLE',
  'SUBREQUEST_FAILED',
  'SUBREQUEST_TIMEOUT',
  // The identity was too old when it came, or the clocks differ.
  'NOT_FROM_ROUTER',
]);

/** Whether a subscription that ran may be accepted again in a while, though a subgraph refuses it now. */
export function isPassing({ extensions }: SubgraphError): boolean {
  return passingCodes.has(extensions?.['code']);
}
