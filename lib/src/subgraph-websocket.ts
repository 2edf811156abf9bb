import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import {
  execute,
  GraphQLError,
  parse,
  validate,
  type DocumentNode,
  type ExecutionArgs,
  type GraphQLSchema,
} from 'graphql';
import type { SubscribePayload } from 'graphql-ws';
import { useServer } from 'graphql-ws/use/ws';
import { LRUCache } from 'lru-cache';
import { WebSocketServer, type WebSocket } from 'ws';
import { errorCodes, formatted, type FormatError } from './errors.ts';
import { inContext, type ContextFields } from './log.ts';
import { requestIdOf } from './request-id.ts';
import { identityHeader, type RouterIdentity } from './router-identity.ts';
import type { LivePlace } from './live-event.ts';
import type { Metrics } from './metrics.ts';
import type { MakeContext } from './subgraph-context.ts';
import { Operation, subscribeAs } from './subgraph-operation.ts';
import { traceparentIn, type Tracer } from './telemetry.ts';

/** Service Restart: a client of graphql-transport-ws connects again, to whoever is there. */
const serviceRestart = 1012;

export interface SubscriptionEndpoint {
  /** Takes over a connection that asked for an upgrade. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Closes every socket with 1012; those that do not answer are cut after `boundMs`. */
  drain(boundMs: number): Promise<void>;
}

/**
 * Operations over graphql-transport-ws. The connection is the router's (`connection_init` carries an identity of its own);
 * each operation is some client's, whose identity comes in its `extensions.identity` and is verified each time. Other routers open a
 * connection per client: one that began with a client's identity is that client's, and its operations need none of their own.
 *
 * Beside a live subscription's results go, as `extensions`: `position`, which `extensions.resumeFrom` of another subscribe goes on
 * from; `resumed`, on the first result after such a subscribe, and `occurredAt`. A subscription that has nothing to tell yet says its
 * position in a ping: `{"type":"ping","payload":{"id":…,"position":…}}`.
 */
export function createSubscriptionEndpoint<Context extends object>(parts: {
  schema: GraphQLSchema;
  checkIdentity: (token: string) => RouterIdentity | Promise<RouterIdentity>;
  context: MakeContext<Context>;
  formatError: FormatError;
  /** Of one message, in bytes. */
  bodyLimit: number;
  /** Between two pings, in ms. A socket that leaves a ping unanswered for as long is cut. */
  keepAliveMs: number;
  tracer: Tracer | undefined;
  metrics: Metrics | undefined;
}): SubscriptionEndpoint {
  const { schema, checkIdentity, context, formatError, bodyLimit, keepAliveMs, tracer, metrics } = parts;
  const sockets = new WebSocketServer({ noServer: true, maxPayload: bodyLimit });
  const hydration = metrics
    ?.histogram(
      'subscription_hydration_seconds',
      'From an event’s arrival to its result on the socket, for a subscriber.',
    )
    .of();
  /** The connections that are one client's. */
  const clients = new WeakMap<WebSocket, RouterIdentity>();
  const documents = new LRUCache<string, DocumentNode | readonly GraphQLError[]>({ max: 1000 });

  function documentOf(query: string): DocumentNode | readonly GraphQLError[] {
    const known = documents.get(query);
    if (known !== undefined) return known;
    const document = parsedAndValid(schema, query);
    documents.set(query, document);
    return document;
  }

  /** Errors of a subscription are formatted long after its context was left. */
  function format(payload: SubscribePayload, errors: readonly GraphQLError[]) {
    return inContext({ requestId: requestIdOf(payload.extensions?.['requestId']) }, () =>
      errors.map((error) => formatError(formatted(error), error)),
    );
  }

  useServer(
    {
      schema,
      isProd: true,
      async onConnect({ connectionParams, extra }) {
        const identity = await identityOf(checkIdentity, connectionParams?.[identityHeader]);
        if (identity !== undefined && identity.claims !== null) clients.set(extra.socket, identity);
        return identity !== undefined;
      },
      async onSubscribe({ extra }, id, payload) {
        const { query, extensions = {} } = payload;
        const requestId = requestIdOf(extensions?.['requestId']);
        forget(payload, requestId);
        const own = extensions?.['identity'];
        const identity = own === undefined ? clients.get(extra.socket) : await identityOf(checkIdentity, own);
        if (identity === undefined) {
          const code = errorCodes.notFromRouter;
          return [new GraphQLError('This service takes operations from the router only.', { extensions: { code } })];
        }
        const document = documentOf(query);
        if (!('kind' in document)) return document;
        const parent = traceparentIn(extensions?.['traceparent']);
        const span = tracer?.start('graphql operation', 'server', parent, { 'request.id': requestId });
        const traceparent = span?.traceparent ?? parent;
        const fields = { requestId, traceparent };
        const resumeFrom = extensions?.['resumeFrom'];
        try {
          const contextValue = await inContext(fields, () => context(identity, requestId, traceparent));
          return new Operation(schema, document, payload, {
            contextValue,
            fields,
            span,
            resumeFrom: typeof resumeFrom === 'string' ? resumeFrom : undefined,
            tellPlace: (place) => tellPlace(extra.socket, id, place),
          });
        } catch (error) {
          span?.end('context');
          const originalError = error instanceof Error ? error : new Error(String(error));
          return [error instanceof GraphQLError ? error : new GraphQLError(originalError.message, { originalError })];
        }
      },
      execute: (args) =>
        ended(
          args,
          inContext(fieldsOf(args), () => execute(args)),
        ),
      subscribe: (args) => ended(args, subscribeAs(args as Operation, hydration)),
      onNext(_socket, _id, payload, _args, result) {
        if (result.errors === undefined) return undefined;
        const { data, errors, extensions } = result;
        return {
          ...(data !== undefined && { data }),
          errors: format(payload, errors),
          ...(extensions !== undefined && { extensions }),
        };
      },
      onError: (_socket, _id, payload, errors) => format(payload, errors),
    },
    sockets,
    keepAliveMs,
  );

  return {
    handleUpgrade(request, socket, head) {
      sockets.handleUpgrade(request, socket, head, (webSocket) => sockets.emit('connection', webSocket, request));
    },
    async drain(boundMs) {
      await Promise.all([...sockets.clients].map((socket) => closeOrCut(socket, boundMs)));
      sockets.close();
    },
  };
}

/** graphql-ws keeps what came for as long as the operation lasts; of ten thousand that is a lot. */
function forget(payload: SubscribePayload, requestId: string): void {
  Object.assign(payload, { query: '', extensions: { requestId } });
}

/** A message of the protocol that every client answers and otherwise ignores; the router finds its subscription's place in it. */
function tellPlace(socket: WebSocket, id: string, { position, resumed }: LivePlace): void {
  if (socket.readyState !== socket.OPEN) return;
  socket.send(
    JSON.stringify({ type: 'ping', payload: { id, position, ...(resumed && { resumed }) } }),
    () => undefined,
  );
}

function fieldsOf(args: ExecutionArgs): ContextFields {
  return args instanceof Operation ? args.fields : {};
}

/** Ends the operation's span with its result; of a subscription when the events can come. */
function ended<Result extends object>(args: ExecutionArgs, result: Result | Promise<Result>): Result | Promise<Result> {
  const span = args instanceof Operation ? args.span : undefined;
  if (span === undefined) return result;
  return Promise.resolve(result).finally(() => span.end());
}

async function identityOf(
  checkIdentity: (token: string) => RouterIdentity | Promise<RouterIdentity>,
  token: unknown,
): Promise<RouterIdentity | undefined> {
  try {
    return typeof token === 'string' ? await checkIdentity(token) : undefined;
  } catch {
    return undefined;
  }
}

function parsedAndValid(schema: GraphQLSchema, query: string): DocumentNode | readonly GraphQLError[] {
  try {
    const document = parse(query);
    const errors = validate(schema, document);
    return errors.length === 0 ? document : errors.map((error) => withCode(error, 'GRAPHQL_VALIDATION_FAILED'));
  } catch (error) {
    return [withCode(error as GraphQLError, 'GRAPHQL_PARSE_FAILED')];
  }
}

function withCode(error: GraphQLError, code: string): GraphQLError {
  const { nodes = null, source = null, positions = null } = error;
  return new GraphQLError(error.message, { nodes, source, positions, extensions: { code } });
}

function closeOrCut(socket: WebSocket, boundMs: number): Promise<void> {
  return new Promise((resolve) => {
    const late = setTimeout(() => socket.terminate(), boundMs);
    socket.once('close', function onClose() {
      clearTimeout(late);
      resolve();
    });
    socket.close(serviceRestart, 'Service restart');
  });
}
