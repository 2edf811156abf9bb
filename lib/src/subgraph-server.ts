import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApolloServer, type BaseContext } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { parse, type DocumentNode, type GraphQLSchema } from 'graphql';
import { maskErrors } from './errors.ts';
import { createHealth, type ReadinessCheck } from './health.ts';
import { errorBody, sendText } from './http-answer.ts';
import { createHttpDrain } from './http-drain.ts';
import type { Logger } from './log.ts';
import { createIdentityCheck } from './router-identity.ts';
import type { Metrics } from './metrics.ts';
import type { MakeContext } from './subgraph-context.ts';
import { createGraphqlHandler } from './subgraph-http.ts';
import { createSubscriptionEndpoint } from './subgraph-websocket.ts';
import { observeOperations } from './subgraph-telemetry.ts';
import type { Tracer } from './telemetry.ts';

export interface SubgraphServer {
  readonly schema: GraphQLSchema;
  /** @returns the address of the GraphQL endpoint */
  start(): Promise<{ url: string; port: number }>;
  /**
   * Not ready from now on, listens no more; requests under way are answered, sockets are closed with 1012 so that the
   * router connects elsewhere. Comes back after at most `drainMs`.
   */
  drain(): Promise<void>;
}

/**
 * One subgraph's server: GraphQL at `/graphql` over HTTP and graphql-transport-ws, `/health/live`, `/health/ready`.
 * Operations are taken from the router only, which proves itself with a signed identity in each.
 */
export function createSubgraphServer<Context extends BaseContext>(options: {
  /** The subgraph's SDL, with its federation directives. */
  typeDefs: string | DocumentNode;
  /** Resolvers by type and field, `__resolveReference` and scalars included, as generated types describe them. */
  resolvers: object;
  context: MakeContext<Context>;
  /** The secret shared with the router. */
  routerKey: string;
  /** @default '127.0.0.1' */
  host?: string;
  /** 0 for any free one. */
  port: number;
  readiness: Readonly<Record<string, ReadinessCheck>>;
  log: Logger;
  /** Of a request's body and of a socket's message, in bytes. @default 1 MiB */
  bodyLimit?: number;
  /** Between two pings of a socket, in ms. @default 12_000 */
  keepAliveMs?: number;
  /** How long a connection without requests stays open when draining, in ms. @default 300 */
  lingerMs?: number;
  /** The bound of a drain, in ms. @default 8000 */
  drainMs?: number;
  tracer?: Tracer | undefined;
  metrics?: Metrics | undefined;
}): SubgraphServer {
  const { log, context, tracer, host = '127.0.0.1', bodyLimit = 1024 * 1024, lingerMs = 300, drainMs = 8000 } = options;
  const typeDefs = typeof options.typeDefs === 'string' ? parse(options.typeDefs) : options.typeDefs;
  const schema = buildSubgraphSchema([{ typeDefs, resolvers: options.resolvers as never }]);
  const formatError = maskErrors(log);
  const checkIdentity = createIdentityCheck(options.routerKey);
  const apollo = leanApollo<Context>(schema, log, formatError);
  const health = createHealth(options.readiness);
  const observe = observeOperations(tracer, options.metrics);
  const handleGraphql = createGraphqlHandler({ apollo, checkIdentity, context, bodyLimit, log, observe });
  const keepAliveMs = options.keepAliveMs ?? 12_000;
  const subscriptions = createSubscriptionEndpoint({
    schema,
    checkIdentity,
    context,
    formatError,
    bodyLimit,
    keepAliveMs,
    tracer,
    metrics: options.metrics,
  });
  let started = false;
  let draining = false;

  const server = createServer({ keepAliveTimeout: 65_000, noDelay: true }, function onRequest(request, response) {
    if (request.url === '/graphql') handleGraphql(request, response);
    else if (!health.handle(request, response))
      sendText(response, 404, errorBody('NOT_FOUND', 'There is nothing here.'));
  });
  const drainHttp = createHttpDrain(server);
  server.on('upgrade', function onUpgrade(request, socket, head) {
    socket.on('error', () => socket.destroy());
    if (request.url !== '/graphql') socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n');
    else if (draining) socket.end('HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\n\r\n');
    else subscriptions.handleUpgrade(request, socket, head);
  });

  async function drainOnce(): Promise<void> {
    draining = true;
    health.drain();
    await Promise.all([drainHttp({ lingerMs, boundMs: drainMs }), subscriptions.drain(Math.min(2000, drainMs))]);
    if (started) await apollo.stop();
  }
  let drained: Promise<void> | undefined;

  return {
    schema,
    async start() {
      await apollo.start();
      started = true;
      await new Promise<void>((resolve, reject) => {
        server.once('error', (error: NodeJS.ErrnoException) => {
          const taken =
            error.code === 'EADDRINUSE'
              ? `Port ${options.port} on ${host} is taken by another process.`
              : error.message;
          reject(new Error(taken, { cause: error }));
        });
        server.listen(options.port, host, resolve);
      });
      const { port } = server.address() as AddressInfo;
      return { url: `http://${host}:${port}/graphql`, port };
    },
    drain() {
      drained ??= drainOnce();
      return drained;
    },
  };
}

/** Apollo Server without what serves browsers and Apollo's cloud: only the router comes here. */
function leanApollo<Context extends BaseContext>(
  schema: GraphQLSchema,
  log: Logger,
  formatError: ReturnType<typeof maskErrors>,
): ApolloServer<Context> {
  return new ApolloServer<Context>({
    schema,
    formatError,
    logger: log,
    nodeEnv: 'production',
    introspection: true,
    csrfPrevention: false,
    persistedQueries: false,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    stringifyResult: (result) => JSON.stringify(result),
    plugins: [
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
    ],
  });
}
