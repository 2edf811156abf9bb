import type { FetchNode, PlanNode } from '@apollo/query-planner';
import type { FetchTools } from './ask.ts';
import { prepareEntityFetch } from './entity-fetch.ts';
import { fetchFailed } from './failures.ts';
import { preparePlaces, type Places } from './paths.ts';
import { notAPlanNode } from './plan-node.ts';
import { prepareRootFetch } from './root-fetch.ts';
import { tell, type Step } from './run.ts';

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
      return prepareFetch(node, preparePlaces(path), tools);
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

/** What it can't cope with (an answer nested so deep that the stack ends) fails that fetch and no more. */
function prepareFetch(node: FetchNode, places: Places, tools: FetchTools): Step {
  const step =
    node.requires === undefined
      ? prepareRootFetch(node, places, tools)
      : prepareEntityFetch(node, node.requires, places, tools);
  return async function fetchOrFail(run) {
    try {
      await step(run);
    } catch (error) {
      tell(run, fetchFailed(error, places.commonPath));
    }
  };
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
