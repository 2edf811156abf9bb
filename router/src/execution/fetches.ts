import type { FetchNode, PlanNode } from '@apollo/query-planner';
import type { FetchTools } from './ask.ts';
import { requestText } from './fetch-body.ts';
import { notAPlanNode } from './plan-node.ts';

/** What can be said of a plan's fetches before they run. */
export function aboutFetches(node: PlanNode): Pick<FetchTools, 'mayRepeat' | 'copies'> {
  const fetches = fetchesIn(node);
  const counts = new Map<string, number>();
  for (const { fetch } of fetches) counts.set(nameOf(fetch), (counts.get(nameOf(fetch)) ?? 0) + 1);
  return {
    mayRepeat: (fetch) => counts.get(nameOf(fetch)) !== 1,
    // Arguments from above, and paths for some types only: what is fetched depends on the way to the object then.
    copies: fetches.some(
      ({ fetch, path }) =>
        (fetch.contextRewrites ?? []).length > 0 || path.some((element) => String(element).includes('|')),
    ),
  };
}

function nameOf(fetch: FetchNode): string {
  return `${fetch.serviceName} ${requestText(fetch).query}`;
}

function fetchesIn(node: PlanNode, path: readonly (string | number)[] = []): { fetch: FetchNode; path: typeof path }[] {
  switch (node.kind) {
    case 'Fetch':
      return [{ fetch: node, path }];
    case 'Flatten':
      return fetchesIn(node.node, [...path, ...node.path]);
    case 'Sequence':
    case 'Parallel':
      return node.nodes.flatMap((one) => fetchesIn(one, path));
    case 'Condition':
      return [node.ifClause, node.elseClause].flatMap((one) => (one === undefined ? [] : fetchesIn(one, path)));
    case 'Defer':
      return [];
    default:
      throw notAPlanNode(node);
  }
}
