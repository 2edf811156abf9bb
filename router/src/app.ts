import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHealth } from '@cafe-for-me/lib/health';
import { createHttpDrain, type HttpDrainTimes } from '@cafe-for-me/lib/http-drain';
import type { Logger } from '@cafe-for-me/lib/log';
import type { GrantPolicies } from './authorization/authorization-grants.ts';
import { createAddressOf } from './transport/client-address.ts';
import { createConnections } from './transport/connections.ts';
import { createCors } from './transport/cors.ts';
import { createFormatError } from './errors.ts';
import { createSubgraphFetch } from './subgraphs/fetch.ts';
import { createGeneration, type Generation } from './generation.ts';
import { createHttpStreams } from './transport/http-streams.ts';
import { createHttpTransport } from './transport/http.ts';
import type { Identity } from './authorization/identity.ts';
import { createLiveSubscriptions } from './live/live.ts';
import type { CohortLimits } from './live/topic.ts';
import { createRegisteredTexts, loadPersistedOperations } from './pipeline/persisted-operations.ts';
import { createKeptHeaders } from './transport/kept-headers.ts';
import { OpenConnections } from './transport/open-connections.ts';
import { createForward } from './transport/forward.ts';
import { createToOwnName } from './transport/own-name.ts';
import { openPages } from './transport/pages.ts';
import { createPersonas } from './transport/personas.ts';
import type { Playground } from './transport/playground.ts';
import { createRateLimit } from './limits/rate-limit.ts';
import { answerClientError, endWithError } from './transport/raw-answer.ts';
import { StartRefused } from './refusal.ts';
import { rehearse } from './pipeline/rehearsal.ts';
import { defaultSettings, type Settings } from './config/settings.ts';
import { namesUnknownTo, settingsOf } from './subgraphs/subgraph-settings.ts';
import { createFlights } from './subgraphs/subgraph-sharing.ts';
import type { LoadedSupergraph } from './supergraph.ts';
import type { Telemetry } from './telemetry/telemetry.ts';
import { createUpstream } from './subgraphs/upstream.ts';
import type { UpstreamTimes } from './subgraphs/upstream-connection.ts';
import { sendError } from './transport/whole-answer.ts';
import { createWebSocketTransport } from './transport/websocket.ts';

/** What a router is made of. */
export interface RouterParts {
  readonly graph: LoadedSupergraph;
  readonly identity: Identity;
  readonly playground: Playground;
  readonly log: Logger;
  /** @default every setting's own default */
  readonly settings?: Settings;
  /** Asked which policies (`@policy`) hold for a request, beside those that the caller's claims list. @default none does */
  readonly grantPolicies?: GrantPolicies;
  /** @default none */
  readonly telemetry?: Telemetry | undefined;
  /** For one fetch from a subgraph, in ms. @default the setting */
  readonly subgraphTimeoutMs?: number;
  /** Of a request's body or a socket's message. @default 1 MiB */
  readonly maxBodyBytes?: number;
  readonly streamLimits?: Partial<CohortLimits>;
  /** Of the connections that carry subscriptions from subgraphs. */
  readonly upstreamTimes?: Partial<UpstreamTimes>;
  /** Of connections, when it drains. */
  readonly drainTimes?: HttpDrainTimes;
}

export interface Router {
  /** @returns where it listens, e.g. `http://127.0.0.1:4000` */
  listen(port: number, host: string): Promise<string>;
  /**
   * Serves another supergraph from now on, without a gap: the operations asked for last are planned before, what is in flight
   * finishes on the one before, subscriptions move over. The manifest of persisted operations is read again. One call at a time.
   *
   * @throws when it can't be served; all stays as it was then
   */
  serve(graph: LoadedSupergraph): Promise<void>;
  /**
   * Not ready from now on; finishes what is in flight, closes sockets with 1012, lets go of everything. What a client neither
   * sends nor reads to its end holds it up for 8 s at most.
   */
  drain(): Promise<void>;
}

/** Connections that wait to be taken: after a restart all clients come at once, and whom the system turns away tries again late. */
const backlog = 16_384;

const endpoint = '/graphql';
const nothingHere = `There is nothing here; the endpoint is ${endpoint}.`;

/** Wires a router: one endpoint over a supergraph. */
export async function createRouter(parts: RouterParts): Promise<Router> {
  const { identity, playground, log, settings = defaultSettings, subgraphTimeoutMs, telemetry } = parts;
  const { reload, limits } = settings;
  const { maxBodyBytes = limits.bodyBytes } = parts;
  const times = parts.upstreamTimes;
  const formatError = createFormatError(log);
  const registeredTexts = createRegisteredTexts();
  const flights = createFlights();
  const connections = createConnections((subgraph) => {
    const own = settingsOf(settings.subgraphs, subgraph.name);
    const timeoutMs = subgraphTimeoutMs ?? own.timeoutMs;
    const noted = telemetry?.fetches(subgraph.name);
    return {
      fetch: createSubgraphFetch({ subgraph, settings: { ...own, timeoutMs }, flights, log, telemetry: noted }),
      upstream: createUpstream({ subgraph, anonymous: identity.anonymous, headers: own.headers, log, times }),
    };
  });
  const subscriptions = createLiveSubscriptions({
    settings: settings.subscriptions,
    subgraphs: settings.subgraphs,
    identity,
    routerKey: settings.identity.routerKey,
    restartSpreadMs: reload.restartSpreadMs,
    limits: parts.streamLimits,
    formatError,
    log,
    telemetry: telemetry?.live,
  });
  let current = await generationOf(parts.graph);
  const retiring = new Set<Promise<void>>();

  async function generationOf(graph: LoadedSupergraph): Promise<Generation> {
    const persisted = await loadPersistedOperations(settings.persistedOperations, log, registeredTexts);
    const unknown = namesUnknownTo(graph.subgraphs, settings.subgraphs);
    if (unknown.length > 0)
      log.warn({ subgraphs: unknown }, 'settings for subgraphs that the supergraph does not have');
    const connected = connections.connect(graph.subgraphs);
    const { grantPolicies } = parts;
    return createGeneration({ graph, connected, formatError, persisted, settings, grantPolicies, log, telemetry });
  }

  function enterCurrent(): Generation {
    current.enter();
    return current;
  }

  function retire(generation: Generation): void {
    const retired = generation
      .retire()
      .catch((error: unknown) => log.error({ error }, 'a former supergraph was not let go of cleanly'))
      .finally(() => retiring.delete(retired));
    retiring.add(retired);
  }

  // A dead subgraph blanks its own fields; the router stays ready.
  const health = createHealth({});
  const cors = createCors(settings.cors);
  const rateLimit = createRateLimit(settings.rateLimit, log);
  const addressOf = createAddressOf(settings.rateLimit.trustedProxies);
  const { heartbeatMs, maxSockets, drainSpreadMs } = settings.subscriptions;
  const open = new OpenConnections({ heartbeatMs, max: maxSockets, drainSpreadMs });
  const shared = {
    generation: enterCurrent,
    subscriptions,
    open,
    settings: settings.subscriptions,
    addressOf,
    keptHeaders: createKeptHeaders(settings.subgraphs),
    formatError,
    telemetry,
  };
  const http = createHttpTransport({
    generation: enterCurrent,
    identity,
    cors,
    rateLimit,
    addressOf,
    maxBodyBytes,
    streams: createHttpStreams(shared),
    log,
    telemetry,
  });
  const webSockets = createWebSocketTransport({
    ...shared,
    identity,
    cors,
    rateLimit,
    log,
    maxMessageBytes: maxBodyBytes,
  });
  telemetry?.transports?.showWaiting(() => open.waitingBytes());
  telemetry?.showSockets(webSockets.count);
  const pages = settings.pages.directory === undefined ? undefined : openPages(settings.pages.directory);
  const toOwnName = createToOwnName(settings.listen.names);
  const forward = createForward(settings.pages, toOwnName, log);
  const personas = createPersonas(playground.tokens, toOwnName);

  function handle(request: IncomingMessage, response: ServerResponse): void {
    if (request.headers.host === undefined && request.httpVersion === '1.1') {
      return sendError(response, 400, 'BAD_REQUEST', 'The request names no host.');
    }
    const path = pathOf(request);
    if (path === endpoint) {
      if (playground.wanted(request)) playground.sendPage(request, response);
      else void http(request, response);
    } else if (path === '/' && pages === undefined && playground.wanted(request)) {
      response.writeHead(302, { location: endpoint }).end();
    } else if (path === '/demo/personas') {
      personas(request, response);
    } else if (
      !health.handle(request, response) &&
      !(path.startsWith('/playground/') && playground.sendFile(path, request, response)) &&
      forward?.handle(path, request, response) !== true &&
      pages?.handle(path, request, response) !== true
    ) {
      sendError(response, 404, 'NOT_FOUND', nothingHere);
    }
  }

  const server = createServer({ keepAliveTimeout: 65_000, requireHostHeader: false }, handle);
  const drainHttp = createHttpDrain(server);
  server.on('upgrade', function onUpgrade(request, socket, head) {
    if (pathOf(request) === endpoint) webSockets.upgrade(request, socket, head);
    else endWithError(socket, 404, 'NOT_FOUND', nothingHere);
  });
  server.on('clientError', answerClientError);
  server.on('connect', (_request, socket) => endWithError(socket, 405, 'BAD_REQUEST', 'This is no proxy.'));
  server.on('checkExpectation', (_request, response) =>
    sendError(response, 417, 'BAD_REQUEST', 'Nothing but 100-continue can be expected here.'),
  );

  return {
    async listen(port, host) {
      await listening(server, port, host);
      const bound = server.address() as AddressInfo;
      return `http://${bound.family === 'IPv6' ? `[${bound.address}]` : bound.address}:${bound.port}`;
    },
    async serve(graph) {
      const next = await generationOf(graph);
      await rehearse(next.pipeline, current.pipeline.latest(reload.warmUp), identity.anonymous);
      retire(current);
      current = next;
      await subscriptions.moveTo(current);
    },
    async drain() {
      subscriptions.stop();
      health.drain();
      await Promise.all([drainHttp(parts.drainTimes), open.drain()]);
      await forward?.close();
      await Promise.all([...retiring, current.retire()]);
    },
  };
}

function pathOf({ url = '/' }: IncomingMessage): string {
  const query = url.indexOf('?');
  return query < 0 ? url : url.slice(0, query);
}

function listening(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') {
        reject(
          new StartRefused(`Port ${port} on ${host} is taken by another program; choose another one with --port.`),
        );
      } else if (error.code === 'EACCES' || error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND') {
        reject(
          new StartRefused(
            `Can't listen on port ${port} of ${host} (${error.code}); choose others with --port and --host.`,
          ),
        );
      } else reject(error);
    });
    server.listen({ port, host, backlog }, resolve);
  });
}
