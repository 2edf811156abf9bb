import { readFileSync } from 'node:fs';
import { composeServices } from '@apollo/composition';
import { prettyFormatQueryPlan } from '@apollo/query-planner';
import { getOperationAST, GraphQLError, parse } from 'graphql';
import { createExecutor } from '../execute.ts';
import type { SubgraphFetch } from '../subgraphs/fetch.ts';
import { createIdentity } from '../authorization/identity.ts';
import { createPlanner } from '../planning/planner.ts';
import { loadSupergraph } from '../supergraph.ts';

const page = readFileSync(new URL('../../EXECUTION.md', import.meta.url), 'utf8');

/** The page's examples of one kind, in their order. */
function examples(kind: string): string[] {
  return [...page.matchAll(new RegExp(`^\`\`\`\\w+ ${kind}\\n(.*?)\\n\`\`\`$`, 'gms'))].map(([, text = '']) => text);
}

const link = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])';
const services = ['users', 'reviews'].map((name) => ({
  name,
  url: `http://${name}.example`,
  typeDefs: parse(`${link} ${examples(name)[0]}`),
}));
const graph = loadSupergraph(composeServices(services).supergraphSdl!);
const query = examples('operation')[0]!;
const document = parse(query);

it('has the plan that the page shows', () => {
  const { plan } = createPlanner(graph)({ queryHash: 'q', document, operationName: 'Wall' });
  expect(prettyFormatQueryPlan(plan)).toBe(examples('plan')[0]);
});

it('sends what the page shows, and answers as it says', async () => {
  const requests: string[] = [];
  const answers = examples('answer');
  const fetch: SubgraphFetch = {
    exchange(body) {
      requests.push(body);
      return Promise.resolve(answers[requests.length - 1]!);
    },
    unusable: () => new GraphQLError('not used'),
    close: () => Promise.resolve(),
  };
  const executor = createExecutor({
    graph,
    fetches: new Map(services.map(({ name }) => [name, fetch])),
  });
  const context = {
    requestId: 'r',
    traceparent: undefined,
    headers: {},
    caller: createIdentity({ routerKey: undefined, tokens: undefined }).anonymous,
  };
  const operation = getOperationAST(document)!;
  const { answer } = await executor.execute({ queryHash: 'q', document, operation, variables: undefined, context });
  expect(requests).toEqual(examples('request'));
  expect(answer?.toString()).toBe(examples('result')[0]);
});
