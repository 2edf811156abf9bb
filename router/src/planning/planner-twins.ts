import type { FlattenNode, PlanNode, QueryPlan } from '@apollo/query-planner';

/**
 * Makes one fetch of those that a plan with paths for types (`nodes.@|[A].part`, `nodes.@|[B].part`) has for each type though they
 * ask for the same.
 */
export function withoutTwins(plan: QueryPlan): QueryPlan {
  const { node } = plan;
  if (node === undefined) return plan;
  if (node.kind !== 'Subscription') return { ...plan, node: joined(node) };
  return { ...plan, node: { ...node, ...(node.rest && { rest: joined(node.rest) }) } };
}

function joined(node: PlanNode): PlanNode {
  if (node.kind === 'Sequence') return { ...node, nodes: node.nodes.map(joined) };
  if (node.kind !== 'Parallel') return node;
  const nodes: PlanNode[] = [];
  for (const one of node.nodes.map(joined)) {
    const index = nodes.findIndex((other) => twinOf(one, other) !== undefined);
    if (index < 0) nodes.push(one);
    else nodes[index] = twinOf(one, nodes[index]!)!;
  }
  return nodes.length === 1 ? nodes[0]! : { ...node, nodes };
}

/** @returns both in one, when they ask for the same and their paths differ in the types of one element alone */
function twinOf(one: PlanNode, other: PlanNode): FlattenNode | undefined {
  if (one.kind !== 'Flatten' || other.kind !== 'Flatten' || one.path.length !== other.path.length) return undefined;
  const different = one.path.flatMap((element, index) => (element === other.path[index] ? [] : index));
  const [index, ...more] = different;
  if (index === undefined || more.length > 0) return undefined;
  const [mine, its] = [typed(one.path[index]!), typed(other.path[index]!)];
  if (mine === undefined || its === undefined || mine.element !== its.element) return undefined;
  if (JSON.stringify(nameless(one)) !== JSON.stringify(nameless(other))) return undefined;
  const types = [...new Set([...its.types, ...mine.types])];
  return { ...other, path: other.path.with(index, `${mine.element}|[${types.join()}]`) };
}

/** The planner numbers fetches in the names of their operations. */
function nameless({ node }: FlattenNode): unknown {
  if (node.kind !== 'Fetch') return node;
  const { operationName, operation } = node;
  return {
    ...node,
    operationName: '',
    operation: operationName === undefined ? operation : operation.replace(operationName, ''),
  };
}

function typed(element: string | number): { readonly element: string; readonly types: readonly string[] } | undefined {
  const [, name, types] = /^(.*)\|\[(.*)\]$/.exec(String(element)) ?? [];
  return name === undefined || types === undefined ? undefined : { element: name, types: types.split(',') };
}
