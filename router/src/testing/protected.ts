import { composeServices } from '@apollo/composition';
import { parse } from 'graphql';
import { startSubgraph } from './subgraph.ts';
import { createTopic } from './topic.ts';

const federation = `extend schema @link(
  url: "https://specs.apollo.dev/federation/v2.9"
  import: ["@key", "@external", "@requires", "@interfaceObject", "@authenticated", "@requiresScopes", "@policy"]
)`;

interface Tick {
  n: number;
  secret: number;
  user: { id: string; name: string };
}

/** Two subgraphs whose schemas protect much of what they have; they themselves answer everything to everybody. */
export async function startProtected() {
  const ticks = createTopic<Tick>();
  const texts: string[] = [];
  const products = [
    { id: 'p1', title: 'Tea', cost: 3 },
    { id: 'p2', title: 'Cake', cost: 4 },
  ];
  const users = [{ id: 'u1', name: 'Alice', email: 'alice@example.org' }];
  const nodes = [
    { __typename: 'Note', id: 'n1', label: 'a note', text: 'x' },
    { __typename: 'Memo', id: 'm1', label: 'a memo', secret: 's' },
  ];
  const byId = <T extends { id: string }>(all: readonly T[]) => ({
    __resolveReference: ({ id }: { id: string }) => all.find((one) => one.id === id),
  });
  const shop = await startSubgraph(
    'shop',
    `${federation}
    type Query {
      open: Int
      me: User
      nobody: User
      products: [Product!]!
      none: [Product!]!
      things: [Thing!]!
      nodes: [Node!]!
      boss: User! @requiresScopes(scopes: [["boss"]])
      report: Int @policy(policies: [["auditor"], ["insider", "manager"]])
      kind: Kind
    }
    type Mutation {
      add(text: String!): [String!]!
      remove(text: String!): [String!] @requiresScopes(scopes: [["write"]])
      wipe: [String!]! @requiresScopes(scopes: [["write"]])
    }
    type Subscription { ticked: Tick  secretTicked: Tick @authenticated }
    type Tick { n: Int!  secret: Int @authenticated  user: User }
    type User @key(fields: "id") {
      id: ID!
      name: String @authenticated
      email: String! @requiresScopes(scopes: [["email"], ["admin", "pii"]])
    }
    type Product @key(fields: "id") { id: ID!  title: String!  cost: Int @requiresScopes(scopes: [["cost"]]) }
    union Thing = Product | User | Memo
    interface Node @key(fields: "id") { id: ID!  label: String }
    type Note implements Node @key(fields: "id") { id: ID!  label: String  text: String }
    type Memo implements Node @key(fields: "id") {
      id: ID!  label: String @requiresScopes(scopes: [["memo"]])  secret: String @authenticated
    }
    enum Kind @authenticated { SMALL }`,
    {
      Query: {
        open: () => 1,
        me: () => users[0],
        nobody: () => null,
        products: () => products,
        none: () => [],
        things: () => [{ __typename: 'Product', ...products[0] }, { __typename: 'User', ...users[0] }, { ...nodes[1] }],
        nodes: () => nodes,
        boss: () => users[0],
        report: () => 7,
        kind: () => 'SMALL',
      },
      Mutation: {
        add: (_source: unknown, { text }: { text: string }) => {
          texts.push(text);
          return texts;
        },
        remove: (_source: unknown, { text }: { text: string }) => {
          texts.splice(texts.indexOf(text), 1);
          return texts;
        },
        wipe: () => {
          texts.length = 0;
          return texts;
        },
      },
      Subscription: {
        ticked: { subscribe: () => ticks.listen(), resolve: (tick: Tick) => tick },
        secretTicked: { subscribe: () => ticks.listen(), resolve: (tick: Tick) => tick },
      },
      User: byId(users),
      Product: byId(products),
      Note: byId(nodes),
      Memo: byId(nodes),
    },
  );
  const stock = await startSubgraph(
    'stock',
    `${federation}
    type Product @key(fields: "id") {
      id: ID!
      cost: Int @external
      price: Int @requires(fields: "cost") @requiresScopes(scopes: [["cost"]])
      stock: Int! @authenticated
      shelf: String
    }
    type User @key(fields: "id") { id: ID!  orders: [String!] @authenticated }
    type Node @key(fields: "id") @interfaceObject { id: ID!  likes: Int  hearts: Int @authenticated }`,
    {
      Product: {
        __resolveReference: (product: { id: string; cost?: number }) => product,
        price: ({ cost }: { cost: number }) => cost * 2,
        stock: () => 5,
        shelf: ({ id }: { id: string }) => `shelf of ${id}`,
      },
      User: { __resolveReference: (user: object) => user, orders: () => ['o1'] },
      Node: { __resolveReference: (node: object) => node, likes: () => 2, hearts: () => 9 },
    },
  );
  const all = [shop, stock];
  const { supergraphSdl, errors } = composeServices(
    all.map(({ name, url, sdl }) => ({ name, url, typeDefs: parse(sdl) })),
  );
  if (supergraphSdl === undefined) throw new AggregateError(errors ?? [], String(errors));
  return {
    sdl: supergraphSdl,
    shop,
    stock,
    ticks,
    /** What was added and not removed. */
    texts,
    /** Everything that was asked of subgraphs since the last call. */
    asked(): string {
      return all
        .flatMap(({ requests }) => requests.splice(0))
        .map(({ query }) => query)
        .join('\n');
    },
    async stop() {
      await Promise.all(all.map((one) => one.kill()));
    },
  };
}

export type Protected = Awaited<ReturnType<typeof startProtected>>;
