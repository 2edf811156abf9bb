import type { IncomingHttpHeaders } from 'node:http';
import { ApolloServer, HeaderMap, type ApolloServerPlugin, type HTTPGraphQLResponse } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { ApolloServerValidationErrorCode } from '@apollo/server/errors';
import type { FormatError } from '@cafe-for-me/lib/errors';
import type { Logger } from '@cafe-for-me/lib/log';
import {
  GraphQLError,
  OperationTypeNode,
  type DocumentNode,
  type ExecutionResult,
  type FormattedExecutionResult,
  type GraphQLFormattedError,
  type GraphQLSchema,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import { CacheCounts } from '../telemetry/cache-counts.ts';
import { badRequest, belongTo } from '../errors.ts';
import type { Executed, Executor, IncomingOperation, PlannedSubscription } from '../execute.ts';
import type { HttpRequest, OperationRequest } from './operation-request.ts';
import type { TextStore } from './persisted-operations.ts';
import { textLength } from '../planning/planner.ts';
import type { RequestContext } from '../request-context.ts';

export type Result = FormattedExecutionResult<Record<string, unknown>>;

/** A transport that can stream leaves this in the context; the subscription that Apollo Server accepts is put into it. */
export interface StreamSlot {
  accepted?: AcceptedSubscription;
  /** The operation is to be got ready, and not to be executed. */
  readonly rehearsal?: true;
}

export interface AcceptedSubscription {
  readonly subscription: PlannedSubscription;
  readonly incoming: IncomingOperation;
}

interface ApolloContext extends RequestContext {
  readonly slot: StreamSlot | undefined;
}

/** Apollo Server without its transports and without its execution. */
export interface Apollo {
  /** @param refusal given when the request is refused for a reason that Apollo Server can't know */
  http(request: HttpRequest, context: RequestContext, refusal: GraphQLError | undefined): Promise<HTTPGraphQLResponse>;
  /** The result is empty when the operation is a subscription: it is in the slot then. */
  run(request: OperationRequest, context: RequestContext, slot: StreamSlot): Promise<Result>;
  stop(): Promise<void>;
}

/** Starts Apollo Server over our own executor: it parses, validates, handles hashes in place of texts, and prevents CSRF. */
export async function startApollo(options: {
  schema: GraphQLSchema;
  supergraphSdl: string;
  executor: Executor;
  formatError: FormatError;
  log: Logger;
  introspection: boolean;
  maxTokens: number | undefined;
  /** Of the documents that are remembered. */
  counts?: CacheCounts | undefined;
  /** Where texts are kept that clients send hashes for; without it they can't. */
  texts: TextStore | undefined;
  /**
   * An operation parses and is valid, and is executed next.
   *
   * @throws GraphQLError to refuse it
   */
  accepted(incoming: IncomingOperation, request: OperationRequest, text: string): void;
}): Promise<Apollo> {
  const { schema, supergraphSdl, executor, log, texts } = options;
  const documents = new LRUCache<string, DocumentNode>({
    max: 2_000,
    maxSize: 20_000_000,
    sizeCalculation: textLength,
  });
  const { counts = new CacheCounts() } = options;
  counts.entries = () => documents.size;
  const loadListeners = new Set<(loaded: { apiSchema: GraphQLSchema; coreSupergraphSdl: string }) => void>();

  const hooks: ApolloServerPlugin<ApolloContext> = {
    async requestDidStart() {
      return {
        // Apollo Server calls both also when no operation of the document was picked, whatever its types say.
        async didResolveOperation({ operation, document, queryHash, source, request, contextValue }) {
          if (operation === undefined) return;
          const { slot, ...context } = contextValue;
          const streams = operation.operation === OperationTypeNode.SUBSCRIPTION;
          if (streams && slot === undefined) {
            throw badRequest(
              'Subscriptions run at this same address over WebSocket (graphql-transport-ws), as server-sent events (accept: text/event-stream), or as multipart (accept: multipart/mixed;subscriptionSpec=1.0).',
            );
          }
          const incoming = { queryHash, document, operation, variables: request.variables, context };
          options.accepted(incoming, request, source);
          if (!streams || slot === undefined) return;
          if (slot.rehearsal === true) executor.prepare(incoming);
          else slot.accepted = { subscription: await executor.subscription(incoming), incoming };
        },
        async didEncounterErrors({ errors, contextValue }) {
          belongTo(contextValue, errors);
        },
        async responseForOperation({ operation, response }) {
          if (operation?.operation !== OperationTypeNode.SUBSCRIPTION) return null;
          return { http: response.http, body: { kind: 'single', singleResult: {} } };
        },
      };
    },
  };

  const server = new ApolloServer<ApolloContext>({
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
            const { slot, ...ours } = context as ApolloContext;
            const incoming = { queryHash, document, operation, variables: request.variables, context: ours };
            if (slot?.rehearsal !== true) return asResult(await executor.execute(incoming));
            executor.prepare(incoming);
            return { data: null };
          },
        };
      },
      async stop() {},
    },
    documentStore: {
      get(key) {
        const document = documents.get(key);
        if (document === undefined) counts.misses += 1;
        else counts.hits += 1;
        return Promise.resolve(document);
      },
      set: (key, document) => {
        documents.set(key, document);
        return Promise.resolve();
      },
      delete: (key) => Promise.resolve(documents.delete(key)),
    },
    persistedQueries: texts === undefined ? false : { cache: texts },
    introspection: options.introspection,
    // "Did you mean …?" tells the schema as well, bit by bit.
    hideSchemaDetailsFromClientErrors: !options.introspection,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    validationOptions: { maxErrors: 20 },
    parseOptions: options.maxTokens === undefined ? {} : { maxTokens: options.maxTokens },
    maxRecursiveSelections: true,
    formatError: (formatted, error) => options.formatError(inOurWords(formatted), error),
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
    http(request, context, refusal) {
      return server.executeHTTPGraphQLRequest({
        httpGraphQLRequest: { ...request, headers: headerMapOf(request.headers) },
        context: () =>
          refusal === undefined ? Promise.resolve({ ...context, slot: undefined }) : Promise.reject(refusal),
      });
    },
    async run({ query, operationName, variables, extensions }, context, slot) {
      const request = {
        query: query ?? undefined,
        operationName: operationName ?? undefined,
        variables: variables ?? undefined,
        extensions: extensions ?? undefined,
      };
      const { body } = await server.executeOperation(request as Parameters<typeof server.executeOperation>[0], {
        contextValue: { ...context, slot },
      });
      if (body.kind !== 'single') throw new Error('An incremental result, though the schema has no @defer.');
      return body.singleResult as Result;
    },
    stop: () => server.stop(),
  };
}

/** Apollo Server tells clients of an option that its developers have. */
function inOurWords(error: GraphQLFormattedError): GraphQLFormattedError {
  const isIntrospection =
    error.extensions?.['validationErrorCode'] === ApolloServerValidationErrorCode.INTROSPECTION_DISABLED;
  return isIntrospection ? { ...error, message: 'Introspection is switched off here.' } : error;
}

function noSuchOperation(name: string | undefined): GraphQLError {
  return new GraphQLError(
    name === undefined
      ? 'Must provide operation name if query contains multiple operations.'
      : `Unknown operation named "${name}".`,
  );
}

/** Apollo Server wants the data and not its text. */
export function asResult({ data, errors, extensions }: Executed): ExecutionResult<Record<string, unknown>> {
  return {
    ...(errors && { errors }),
    ...(data !== undefined && { data: JSON.parse(data) as Record<string, unknown> | null }),
    ...(extensions && { extensions }),
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
