import { composeServices } from '@apollo/composition';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { getOperationAST, graphql, parse, validate } from 'graphql';
import { createExecutor } from '../execute.ts';
import type { SubgraphFetch } from '../subgraphs/fetch.ts';
import { createIdentity } from '../authorization/identity.ts';
import { loadSupergraph } from '../supergraph.ts';
import type { AnyData } from './router.ts';

const imports =
  '"@key", "@requires", "@external", "@provides", "@shareable", "@override", "@inaccessible", "@interfaceObject", "@context", "@fromContext", "@authenticated", "@requiresScopes", "@policy"';

/** By subgraph name: its types, and resolvers by type and field. */
export type SubgraphSources = Readonly<Record<string, readonly [sdl: string, resolvers?: Record<string, object>]>>;

/** A supergraph of subgraphs that live in this process, without a network. */
export function federate(sources: SubgraphSources) {
  const subgraphs = Object.entries(sources).map(function subgraphOf([name, [sdl, resolvers = {}]]) {
    const typeDefs = parse(
      `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [${imports}])\n${sdl}`,
    );
    return { name, url: `http://${name}.invalid`, typeDefs, resolvers };
  });
  const { supergraphSdl, errors } = composeServices(subgraphs);
  if (supergraphSdl === undefined) throw new AggregateError(errors ?? [], String(errors));
  const graph = loadSupergraph(supergraphSdl);
  const requests: { subgraph: string; query: string; variables: AnyData }[] = [];
  const fetches = new Map<string, SubgraphFetch>(
    subgraphs.map(function fetchOf({ name, typeDefs, resolvers }) {
      const schema = buildSubgraphSchema({ typeDefs, resolvers: resolvers as never });
      async function exchange(body: string): Promise<string> {
        const { query, variables } = JSON.parse(body) as { query: string; variables: AnyData };
        requests.push({ subgraph: name, query, variables });
        return JSON.stringify(await graphql({ schema, source: query, variableValues: variables }));
      }
      return [name, { exchange, close: () => Promise.resolve() } as unknown as SubgraphFetch];
    }),
  );
  const executor = createExecutor({ graph, fetches });
  const context = {
    requestId: 'r',
    traceparent: undefined,
    headers: {},
    caller: createIdentity({ routerKey: undefined, tokens: undefined }).anonymous,
  };

  return {
    graph,
    executor,
    /** @returns the answer, and what subgraphs were asked for it */
    async ask(query: string, variables?: Record<string, unknown>) {
      const document = parse(query);
      const wrong = validate(graph.schema, document);
      if (wrong.length > 0) throw new AggregateError(wrong, String(wrong));
      requests.length = 0;
      const operation = getOperationAST(document)!;
      const { data, errors } = await executor.execute({ queryHash: query, document, operation, variables, context });
      return { data: data === undefined ? undefined : JSON.parse(data), errors, requests: [...requests] };
    },
  };
}

/** For entities of which a subgraph knows all by their key, or from the representation. */
export function byKey(found: (key: AnyData) => object): object {
  return { __resolveReference: (key: AnyData) => ({ ...key, ...found(key) }) };
}
