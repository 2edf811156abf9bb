import type { PlanNode } from '@apollo/query-planner';

/** What the types rule out, should the planner ever give it. */
export function notAPlanNode(node: never): Error {
  return new Error(`The plan has a ${(node as PlanNode).kind} in it, which is not known.`);
}
