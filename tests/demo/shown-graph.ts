import type { Graph } from '../harness/graph.ts';
import type { Stage } from './script.ts';

/** The same graph, with every query and mutation printed together with its answer. */
export function shown(graph: Graph, stage: Stage): Graph {
  return {
    ...graph,
    async send<Data>(query: string, variables: Record<string, unknown> = {}) {
      const answer = await graph.send<Data>(query, variables);
      stage.exchange(query, variables, answer.errors.length > 0 ? answer : answer.data);
      return answer;
    },
    async data<Data>(query: string, variables: Record<string, unknown> = {}) {
      const data = await graph.data<Data>(query, variables);
      stage.exchange(query, variables, data);
      return data;
    },
  };
}
