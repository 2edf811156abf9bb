import { setImmediate } from 'node:timers/promises';
import { composeServices } from '@apollo/composition';
import { parse } from 'graphql';
import type { TestSubgraph } from './subgraph.ts';
import { startSubgraph, type SubgraphContext } from './subgraph.ts';
import { createTopic } from './topic.ts';

const federation =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@shareable"])';

export interface UserChange {
  version: number;
  user: { id: string; name: string };
  friends: ({ id: string; name: string } | null)[];
}

export const alice = { id: '1', name: 'Alice' };
export const bob = { id: '2', name: 'Bob' };

/** `people` owns users and the subscriptions; `reviews` and `badges` each add fields to users. */
export async function startSubgraphs() {
  const changes = createTopic<UserChange>();
  let log: string[] = [];
  const people = await startSubgraph(
    'people',
    `${federation}
    type Query { me: User, users: [User]!, seen: Seen, broken: Int }
    type Mutation { append(text: String!): [String!]! }
    type Subscription { userChanged(id: ID!): UserChange!  refused: UserChange  unending(filter: Filter): UserChange }
    input Filter { id: ID! }
    type UserChange { version: Int!  user: User!  friends: [User]! }
    type User @key(fields: "id") { id: ID!  name: String! }
    type Seen { requestId: String, identity: String, traceparent: String }`,
    {
      Query: {
        me: () => alice,
        users: () => [alice, null, bob],
        broken: () => {
          throw new Error('a subgraph says so');
        },
        seen: (_source: unknown, _args: unknown, { headers }: SubgraphContext) => ({
          requestId: headers['x-request-id'],
          identity: headers['x-router-identity'],
          traceparent: headers['traceparent'],
        }),
      },
      Mutation: {
        append: async (_source: unknown, { text }: { text: string }) => {
          // The first one is the slowest: only waiting for it keeps the order.
          if (text === 'a') await setImmediate();
          log = [...log, text];
          return log;
        },
      },
      Subscription: {
        userChanged: {
          subscribe: (_source: unknown, { id }: { id: string }) =>
            changes.listen([{ version: 0, user: { ...alice, id }, friends: [] }]),
          resolve: (change: UserChange) => change,
        },
        refused: {
          subscribe: () => {
            throw new Error('not for you');
          },
        },
        unending: { subscribe: () => changes.listen(), resolve: (change: UserChange) => change },
      },
      User: { __resolveReference: ({ id }: { id: string }) => (id === '1' ? alice : bob) },
    },
  );
  const reviews = await startSubgraph(
    'reviews',
    `${federation}
    type Query { topReview: Review }
    type Mutation { review(text: String!): Review }
    type User @key(fields: "id") { id: ID!  reviews: [Review!] }
    type Review @key(fields: "id") { id: ID!  text: String!  author: User }`,
    {
      Query: { topReview: () => ({ id: 'r1', text: 'Good', author: { id: '2' } }) },
      Mutation: { review: (_source: unknown, { text }: { text: string }) => ({ id: 'r9', text, author: { id: '1' } }) },
      User: {
        reviews: ({ id }: { id: string }) => [{ id: `r${id}`, text: `By ${id}`, author: { id } }],
        __resolveReference: ({ id }: { id: string }) => ({ id }),
      },
      Review: { __resolveReference: ({ id }: { id: string }) => ({ id, text: 'Found', author: null }) },
    },
  );
  const badges = await startSubgraph(
    'badges',
    `${federation}
    type Query { badges: [String!]! }
    type User @key(fields: "id") { id: ID!  badge: Badge }
    type Review @key(fields: "id") { id: ID!  likes: Int }
    type Badge { label: String! }`,
    {
      Query: { badges: () => ['gold'] },
      User: {
        badge: ({ id }: { id: string }) => ({ label: `badge of ${id}` }),
        __resolveReference: ({ id }: { id: string }) => ({ id }),
      },
      Review: { likes: () => 3, __resolveReference: ({ id }: { id: string }) => ({ id }) },
    },
  );
  const all = { people, reviews, badges };
  return {
    ...all,
    changes,
    sdl: compose(Object.values(all)),
    async stop() {
      await Promise.all(Object.values(all).map((one) => one.kill()));
    },
  };
}

export type TestSubgraphs = Awaited<ReturnType<typeof startSubgraphs>>;

/** The supergraph of these, as their SDL and address say. */
export function compose(subgraphs: readonly Pick<TestSubgraph, 'name' | 'url' | 'sdl'>[]): string {
  const { supergraphSdl, errors } = composeServices(
    subgraphs.map(({ name, url, sdl }) => ({ name, url, typeDefs: parse(sdl) })),
  );
  if (supergraphSdl === undefined) throw new AggregateError(errors ?? [], 'the test schemas do not compose');
  return supergraphSdl;
}
