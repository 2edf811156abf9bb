import type { PlanNode } from '@apollo/query-planner';
import type { FetchTools } from './ask.ts';
import { prepareEntityFetch } from './entity-fetch.ts';
import { preparePlaces } from './paths.ts';
import { prepareRootFetch } from './root-fetch.ts';
import type { Step } from './run.ts';

export interface StepTools extends FetchTools {
  /** The value of a Boolean variable that decides about a part of the plan. */
  isTrue(variable: string, run: Parameters<Step>[0]): boolean;
}

/**
 * Prepares a plan's node, and all below it, for any number of executions.
 *
 * @param path of the Flatten nodes around it
 * @throws Error for `@defer`, which is not supported
 */
export function prepareStep(node: PlanNode, tools: StepTools, path: readonly (string | number)[] = []): Step {
  switch (node.kind) {
    case 'Fetch':
      return node.requires === undefined
        ? prepareRootFetch(node, preparePlaces(path), tools)
        : prepareEntityFetch(node, node.requires, preparePlaces(path), tools);
    case 'Flatten':
      return prepareStep(node.node, tools, [...path, ...node.path]);
    case 'Sequence':
      return oneByOne(node.nodes.map((one) => prepareStep(one, tools, path)));
    case 'Parallel':
      return together(node.nodes.map((one) => prepareStep(one, tools, path)));
    case 'Condition': {
      const { condition, ifClause, elseClause } = node;
      const yes = ifClause && prepareStep(ifClause, tools, path);
      const no = elseClause && prepareStep(elseClause, tools, path);
      return (run) => (tools.isTrue(condition, run) ? yes : no)?.(run);
    }
    case 'Defer':
      throw new Error('The plan has a @defer in it, which is not supported.');
    default:
      throw notAPlanNode(node);
  }
}

function oneByOne(steps: readonly Step[]): Step {
  return async function runOneByOne(run) {
    for (const step of steps) await step(run);
  };
}

function together(steps: readonly Step[]): Step {
  return function runTogether(run) {
    const running = steps.map((step) => step(run)).filter((one) => one !== undefined);
    if (running.length < 2) return running[0];
    return Promise.all(running).then(nothing);
  };
}

function nothing(): void {}

/** What the types rule out, should the planner ever give it. */
export function notAPlanNode(node: never): Error {
  return new Error(`The plan has a ${(node as PlanNode).kind} in it, which is not known.`);
}
