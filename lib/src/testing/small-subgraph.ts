import { GraphQLError } from 'graphql';
import { badInput, forbidden, unauthenticated } from '../errors.ts';
import { signIdentity, type RouterIdentity } from '../router-identity.ts';
import { resumeFromOf } from '../live-event.ts';
import { createSubgraphServer } from '../subgraph-server.ts';
import { collectLog } from './log-lines.ts';

export const routerKey = 'a key that router and subgraph share';

const typeDefs = /* GraphQL */ `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
  type Query {
    me: Me!
    add(a: Int!, b: Int!): Int!
    fail(how: String!): String
    wait(name: String!): String!
  }
  type Subscription {
    ticks(to: Int!, failAt: Int): Int!
    endless: Int!
    live: Live!
  }
  type Live {
    number: Int!
    text: String
    fromDatabase: Int!
  }
  type Me @key(fields: "id") {
    id: ID!
    requestId: String!
    traceparent: String
  }
`;

/** An answer as a client of GraphQL sees it. */
export interface TestAnswer {
  data?: Record<string, unknown>;
  errors?: TestError[];
}
export interface TestError {
  message: string;
  extensions: Record<string, unknown>;
}

interface SmallContext {
  identity: RouterIdentity;
  requestId: string;
  traceparent: string | undefined;
}

async function* nothing(): AsyncGenerator<never> {}

/** A latch: `opened` waits until somebody calls `open`. */
export function latch() {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

/** A server with a little of everything. `arrived` opens when a `wait` runs, `release` lets it answer, `ended` when `endless` ends. */
export async function startSmallSubgraph(
  options: Partial<Parameters<typeof createSubgraphServer<SmallContext>>[0]> = {},
) {
  const { log, lines } = collectLog();
  const arrived = latch();
  const release = latch();
  const ended = latch();
  const live = {
    /** What `live` yields. */
    subscribe: (_resumeFrom: string | undefined): AsyncIterable<unknown> => nothing(),
    /** What its field of that name gives. */
    read: (number: number): Promise<number> => Promise.resolve(number),
  };
  const fails: Record<string, () => never> = {
    fault: () => {
      throw new Error('password is hunter2', { cause: new Error('deep') });
    },
    unauthenticated: () => {
      throw unauthenticated();
    },
    forbidden: () => {
      throw forbidden('Not yours.');
    },
    input: () => {
      throw badInput('Odd.', ['how']);
    },
    uncoded: () => {
      throw new GraphQLError('inner works');
    },
  };
  const server = createSubgraphServer<SmallContext>({
    typeDefs,
    resolvers: {
      Query: {
        me: (_: unknown, _args: unknown, { identity, requestId, traceparent }: SmallContext) => {
          if (identity.claims === null) throw unauthenticated();
          return { id: identity.claims['sub'], requestId, traceparent };
        },
        add: (_: unknown, { a, b }: { a: number; b: number }) => a + b,
        fail: (_: unknown, { how }: { how: string }) => fails[how]?.(),
        wait: async (_: unknown, { name }: { name: string }) => {
          arrived.open();
          await release.opened;
          return name;
        },
      },
      Live: { fromDatabase: ({ number }: { number: number }) => live.read(number) },
      Subscription: {
        ticks: {
          async *subscribe(_: unknown, { to, failAt }: { to: number; failAt: number | null }) {
            for (let ticks = 1; ticks <= to; ticks++) {
              if (ticks === failAt) throw new Error('password is hunter2');
              yield { ticks };
            }
          },
        },
        live: {
          subscribe: (root: unknown) => live.subscribe(resumeFromOf(root)),
          resolve: (state: unknown) => state,
        },
        endless: {
          async *subscribe() {
            try {
              yield { endless: 1 };
              await release.opened;
              yield { endless: 2 };
            } finally {
              ended.open();
            }
          },
        },
      },
    },
    context: (identity, requestId, traceparent) => ({ identity, requestId, traceparent }),
    routerKey,
    port: 0,
    readiness: {},
    log,
    lingerMs: 1,
    ...options,
  });
  const { url, port } = await server.start();

  /** Sends one operation as the router would, as `claims`. */
  async function send(query: string, sendOptions: { headers?: Record<string, string>; variables?: unknown } = {}) {
    const identity = await signIdentity(routerKey, { sub: 'alice' });
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-router-identity': identity, ...sendOptions.headers },
      body: JSON.stringify({ query, variables: sendOptions.variables }),
    });
    const body = (await response.json()) as TestAnswer;
    return { status: response.status, headers: response.headers, body };
  }

  return { ...server, live, url, base: `http://127.0.0.1:${port}`, send, lines, arrived, release, ended };
}

export type SmallSubgraph = Awaited<ReturnType<typeof startSmallSubgraph>>;
