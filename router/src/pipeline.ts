import type { IncomingHttpHeaders } from 'node:http';
import { ApolloServer, HeaderMap, type ApolloServerPlugin, type HTTPGraphQLResponse } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import type { FormatError } from '@cafe-for-me/lib/errors';
import type { Logger } from '@cafe-for-me/lib/log';
import {
  GraphQLError,
  OperationTypeNode,
  type DocumentNode,
  type ExecutionResult,
  type FormattedExecutionResult,
  type GraphQLSchema,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import type { OperationRequest } from './operation-request.ts';
import { badRequest, belongTo } from './errors.ts';
import type { Executed, Executor, PlannedSubscription } from './execute.ts';
import { createKnownOperations } from './known-operations.ts';
import { textLength } from './planner.ts';
import type { RequestContext } from './request-context.ts';
import type { Variables } from './variables.ts';

/** A subscription that went through the whole pipeline and is ready to be streamed. */
export interface AcceptedSubscription {
  readonly subscription: PlannedSubscription;
  readonly variables: Variables | undefined;
}

export type Result = FormattedExecutionResult<Record<string, unknown>>;

/** A transport that can stream leaves this in the context; what the pipeline accepts is put into it. */
interface StreamSlot {
  accepted?: AcceptedSubscription;
}

interface PipelineContext extends RequestContext {
  readonly slot: StreamSlot | undefined;
  /** What the execution gave when it ran before the pipeline did: only the rest of the pipeline is still to do. */
  readonly executed?: Promise<Executed>;
}

/** A request as HTTP brings it, its body parsed. */
export interface HttpRequest {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  /** With its question mark. */
  readonly search: string;
  readonly body: unknown;
}

/** The one way from an operation to its answer: parse, validate, plan, execute, format errors. Every transport uses it. */
export interface Pipeline {
  /** GraphQL over HTTP, subscriptions excluded. Never rejects. */
  http(request: HttpRequest, context: RequestContext): Promise<HTTPGraphQLResponse>;
  /** For transports that stream: a result, or a subscription to be streamed. */
  run(request: OperationRequest, context: RequestContext): Promise<Result | AcceptedSubscription>;
  stop(): Promise<void>;
}

/** Starts Apollo Server over our own executor. */
export async function startPipeline(options: {
  schema: GraphQLSchema;
  supergraphSdl: string;
  executor: Executor;
  formatError: FormatError;
  log: Logger;
}): Promise<Pipeline> {
  const { schema, supergraphSdl, executor, log } = options;
  const documents = new LRUCache<string, DocumentNode>({
    max: 2_000,
    maxSize: 20_000_000,
    sizeCalculation: textLength,
  });
  const knownOperations = createKnownOperations();
  const loadListeners = new Set<(loaded: { apiSchema: GraphQLSchema; coreSupergraphSdl: string }) => void>();

  const hooks: ApolloServerPlugin<PipelineContext> = {
    async requestDidStart() {
      return {
        // Apollo Server calls both also when no operation of the document was picked, whatever its types say.
        async didResolveOperation({ operation, document, queryHash, request, contextValue }) {
          if (operation === undefined) return;
          if (operation.operation !== OperationTypeNode.SUBSCRIPTION) {
            if (request.query !== undefined) knownOperations.add(request.query, { queryHash, document, operation });
            return;
          }
          const { slot } = contextValue;
          if (slot === undefined) {
            throw badRequest('Subscriptions run over WebSocket (graphql-transport-ws) at this same address.');
          }
          const variables = request.variables;
          const incoming = { queryHash, document, operation, variables, context: contextValue };
          slot.accepted = { subscription: executor.subscription(incoming), variables };
        },
        async didEncounterErrors({ errors, contextValue }) {
          belongTo(contextValue.requestId, errors);
        },
        async responseForOperation({ operation, response }) {
          if (operation?.operation !== OperationTypeNode.SUBSCRIPTION) return null;
          return { http: response.http, body: { kind: 'single', singleResult: {} } };
        },
      };
    },
  };

  const server = new ApolloServer<PipelineContext>({
    gateway: {
      onSchemaLoadOrUpdate(listener) {
        loadListeners.add(listener);
        return () => loadListeners.delete(listener);
      },
      async load() {
        for (const listener of loadListeners) listener({ apiSchema: schema, coreSupergraphSdl: supergraphSdl });
        return {
          async executor({ queryHash, document, operation, request, context }) {
            if ((operation as unknown) === undefined) return { errors: [noSuchOperation(request.operationName)] };
            const { executed, ...ours } = context as PipelineContext;
            return asResult(
              await (executed ??
                executor.execute({ queryHash, document, operation, variables: request.variables, context: ours })),
            );
          },
        };
      },
      async stop() {},
    },
    documentStore: {
      get: (key) => Promise.resolve(documents.get(key)),
      set: (key, document) => {
        documents.set(key, document);
        return Promise.resolve();
      },
      delete: (key) => Promise.resolve(documents.delete(key)),
    },
    introspection: true,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    validationOptions: { maxErrors: 20 },
    parseOptions: { maxTokens: 20_000 },
    maxRecursiveSelections: true,
    formatError: options.formatError,
    stringifyResult: (result) => JSON.stringify(result),
    logger: {
      debug: (message) => log.debug(message),
      info: (message) => log.info(message),
      warn: (message) => log.warn(message),
      error: (message) => log.error(message),
    },
    plugins: [
      hooks,
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
    ],
  });
  await server.start();

  function throughAll(request: HttpRequest, contextValue: PipelineContext): Promise<HTTPGraphQLResponse> {
    const httpGraphQLRequest = { ...request, headers: headerMapOf(request.headers) };
    return server.executeHTTPGraphQLRequest({ httpGraphQLRequest, context: () => Promise.resolve(contextValue) });
  }

  return {
    async http(request, context) {
      const { method, headers, body } = request;
      const { accept, 'content-type': sent } = headers;
      const short = knownOperations.shortRequest({ method, contentType: sent, accept, body });
      if (short === undefined) return throughAll(request, { ...context, slot: undefined });
      const executed = executor.execute({ ...short.known, variables: short.variables, context });
      try {
        const { data, errors, extensions } = await executed;
        if (data !== undefined && errors === undefined && extensions === undefined) {
          return plainAnswer(data, short.contentType);
        }
      } catch {
        // The pipeline below gets to see it.
      }
      // Errors are coded, told to plugins and formatted in one place.
      return throughAll(request, { ...context, slot: undefined, executed });
    },
    async run(request, context) {
      const slot: StreamSlot = {};
      const response = await server.executeOperation(
        { ...request, operationName: request.operationName ?? undefined } as Parameters<
          typeof server.executeOperation
        >[0],
        { contextValue: { ...context, slot } },
      );
      if (slot.accepted !== undefined) return slot.accepted;
      if (response.body.kind !== 'single') throw new Error('An incremental result, though the schema has no @defer.');
      return response.body.singleResult as Result;
    },
    stop: () => server.stop(),
  };
}

function noSuchOperation(name: string | undefined): GraphQLError {
  return new GraphQLError(
    name === undefined
      ? 'Must provide operation name if query contains multiple operations.'
      : `Unknown operation named "${name}".`,
  );
}

/** For those that want the data and not its text: Apollo Server's plugins, graphql-ws. */
export function asResult({ data, errors, extensions }: Executed): ExecutionResult<Record<string, unknown>> {
  return {
    ...(errors && { errors }),
    ...(data !== undefined && { data: JSON.parse(data) as Record<string, unknown> | null }),
    ...(extensions && { extensions }),
  };
}

function plainAnswer(data: string, contentType: string): HTTPGraphQLResponse {
  return {
    headers: new HeaderMap([['content-type', contentType]]),
    body: { kind: 'complete', string: `{"data":${data}}` },
  };
}

function headerMapOf(headers: IncomingHttpHeaders): HeaderMap {
  const map = new HeaderMap();
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined) map.set(name, typeof value === 'string' ? value : value.join(', '));
  }
  return map;
}
