import {
  ApolloServer,
  type ApolloServerPlugin,
  type HTTPGraphQLRequest,
  type HTTPGraphQLResponse,
} from '@apollo/server';
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
  type FormattedExecutionResult,
  type GraphQLSchema,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import { badRequest, belongTo } from './errors.ts';
import { textLength } from './planner.ts';
import type { Executor, PlannedSubscription, Variables } from './execute.ts';
import type { RequestContext } from './request-context.ts';

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
}

/** An operation as a client sends it. */
export interface OperationRequest {
  readonly query: string;
  readonly operationName?: string | undefined;
  readonly variables?: Record<string, unknown> | undefined;
  readonly extensions?: Record<string, unknown> | undefined;
}

/** The one way from an operation to its answer: parse, validate, plan, execute, format errors. Every transport uses it. */
export interface Pipeline {
  /** GraphQL over HTTP, subscriptions excluded. Never rejects. */
  http(request: HTTPGraphQLRequest, context: RequestContext): Promise<HTTPGraphQLResponse>;
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
  const loadListeners = new Set<(loaded: { apiSchema: GraphQLSchema; coreSupergraphSdl: string }) => void>();

  const hooks: ApolloServerPlugin<PipelineContext> = {
    async requestDidStart() {
      return {
        // Apollo Server calls both also when no operation of the document was picked, whatever its types say.
        async didResolveOperation({ operation, document, queryHash, request, contextValue }) {
          if (operation?.operation !== OperationTypeNode.SUBSCRIPTION) return;
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
            const variables = request.variables;
            return executor.execute({ queryHash, document, operation, variables, context: context as PipelineContext });
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

  return {
    http(httpGraphQLRequest, context) {
      const contextValue = { ...context, slot: undefined };
      return server.executeHTTPGraphQLRequest({ httpGraphQLRequest, context: () => Promise.resolve(contextValue) });
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
