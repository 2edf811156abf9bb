import type { FetchNode } from '@apollo/query-planner';
import type { SubgraphFetch } from '../subgraphs/fetch.ts';
import { parseAnswer, type SubgraphAnswer } from '../subgraphs/subgraph-answer.ts';
import type { ExplainedAsk } from './explanation.ts';
import { fetchFailed } from './failures.ts';
import type { ResponsePath } from './paths.ts';
import { tell, type Run } from './run.ts';

/** What a plan's fetches need of their surroundings. */
export interface FetchTools {
  /** By subgraph name. */
  readonly fetches: ReadonlyMap<string, SubgraphFetch>;
  /** Whether an object of the type `name` is a `condition`, `@inaccessible` types included. */
  isOfType(name: string, condition: string): boolean;
  /** Names of the interfaces. */
  readonly abstractTypes: ReadonlySet<unknown>;
  /** The operation changes nothing: its fetches may be sent again, and those that ask the same are one. */
  readonly isRead: boolean;
  /** It may be answered with what another client asked for a moment ago. What an event tells of may be newer than that. */
  readonly isQuery: boolean;
  /** Whether another fetch of the plan may come to ask the same. */
  mayRepeat(node: FetchNode): boolean;
  /** Places of one entity may need different data: each gets its own copy. */
  readonly copies: boolean;
  /** Each request is put down in the run's explanation. */
  readonly explains: boolean;
}

/** Sends a request and gives the answer. What fails is put down at `path` among the run's errors. */
export type Ask = (run: Run, body: string, path: () => ResponsePath) => Promise<SubgraphAnswer | undefined>;

export function prepareAsk(node: FetchNode, tools: FetchTools): Ask {
  const { serviceName } = node;
  const fetch = tools.fetches.get(serviceName);
  if (fetch === undefined) throw new Error(`The plan names the subgraph "${serviceName}", which isn't there.`);
  const use = { repeatable: tools.isRead, shareable: tools.isQuery };
  const exchange = tools.isRead && tools.mayRepeat(node) ? exchangeOnce : exchangeAlways;

  function exchangeAlways({ context, limit }: Run, body: string, notes?: ExplainedAsk): Promise<string> {
    const own = notes === undefined ? use : { ...use, notes };
    if (limit === undefined) return fetch!.exchange(body, context, own);
    return limit.within(serviceName, () => fetch!.exchange(body, context, own));
  }

  function exchangeOnce(run: Run, body: string, notes?: ExplainedAsk): Promise<string> {
    const key = `${serviceName} ${body}`;
    run.asked ??= new Map();
    let answer = run.asked.get(key);
    if (answer === undefined) {
      answer = exchangeAlways(run, body, notes);
      run.asked.set(key, answer);
    } else notes?.repeated();
    return answer;
  }

  async function askNoted(run: Run, body: string, path: () => ResponsePath): Promise<SubgraphAnswer | undefined> {
    const notes = run.context.explanation?.asks(node, body);
    try {
      const text = await exchange(run, body, notes);
      notes?.answered(text);
      const answer = parseAnswer(text);
      if (answer === undefined) throw fetch!.unusable(text, run.context);
      if (answer.errors !== undefined) notes?.answeredErrors(answer.errors.length);
      return answer;
    } catch (error) {
      notes?.failed(error as Error);
      tell(run, fetchFailed(error, path()));
      return undefined;
    }
  }

  if (tools.explains) return askNoted;
  return async function ask(run, body, path) {
    try {
      // Each fetch parses its answer by itself: two that asked the same may go on to complete it differently.
      const text = await exchange(run, body);
      const answer = parseAnswer(text);
      if (answer !== undefined) return answer;
      throw fetch.unusable(text, run.context);
    } catch (error) {
      tell(run, fetchFailed(error, path()));
      return undefined;
    }
  };
}
