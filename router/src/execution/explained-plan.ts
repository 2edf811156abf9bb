import type { FetchNode, PlanNode, QueryPlanSelectionNode, SubscriptionNode } from '@apollo/query-planner';
import type { ExplainedFetch, ExplainedNode, ExplainedRequest } from './explained.ts';
import { requestText } from './fetch-body.ts';
import { notAPlanNode } from './plan-node.ts';

type RequestsOf = (node: FetchNode) => readonly ExplainedRequest[];

/** @param requestsOf what came of a fetch */
export function describePlan(node: PlanNode | SubscriptionNode, requestsOf: RequestsOf): ExplainedNode {
  const described = (one: PlanNode): ExplainedNode => describePlan(one, requestsOf);
  switch (node.kind) {
    case 'Fetch':
      return describeFetch(node, requestsOf);
    case 'Flatten':
      return { kind: 'flatten', path: node.path.join('.'), node: described(node.node) };
    case 'Sequence':
      return { kind: 'sequence', nodes: node.nodes.map(described) };
    case 'Parallel':
      return { kind: 'parallel', nodes: node.nodes.map(described) };
    case 'Condition': {
      const { condition: variable, ifClause, elseClause } = node;
      return {
        kind: 'condition',
        variable,
        ...(ifClause && { met: described(ifClause) }),
        ...(elseClause && { otherwise: described(elseClause) }),
      };
    }
    case 'Subscription':
      return {
        kind: 'subscription',
        primary: describeFetch(node.primary, requestsOf),
        ...(node.rest && { rest: described(node.rest) }),
      };
    case 'Defer':
      throw new Error('The plan has a @defer in it, which is not supported.');
    default:
      throw notAPlanNode(node);
  }
}

function describeFetch(node: FetchNode, requestsOf: RequestsOf): ExplainedFetch {
  return {
    kind: 'fetch',
    subgraph: node.serviceName,
    operation: requestText(node).query,
    ...(node.requires !== undefined && { requires: selectionText(node.requires) }),
    requests: requestsOf(node),
  };
}

function selectionText(selections: readonly QueryPlanSelectionNode[]): string {
  const texts = selections.map((one) => {
    const inside = one.selections === undefined ? '' : selectionText(one.selections);
    if (one.kind === 'Field') return `${one.alias === undefined ? '' : `${one.alias}:`}${one.name}${inside}`;
    return `...${one.typeCondition === undefined ? '' : `on ${one.typeCondition}`}${inside}`;
  });
  return `{${texts.join(' ')}}`;
}
