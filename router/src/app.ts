import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHealth } from '@cafe-for-me/lib/health';
import type { Logger } from '@cafe-for-me/lib/log';
import { createFormatError } from './errors.ts';
import { createExecutor } from './execute.ts';
import { createSubgraphFetch } from './fetch.ts';
import { createHttpTransport, sendError } from './http.ts';
import type { Identity } from './identity.ts';
import { startPipeline } from './pipeline.ts';
import type { Playground } from './playground.ts';
import { StartRefused } from './refusal.ts';
import type { Settings } from './settings.ts';
import type { StreamLimits } from './subscribe.ts';
import type { LoadedSupergraph } from './supergraph.ts';
import { createUpstream } from './upstream.ts';
import { createWebSocketTransport } from './websocket.ts';

/** What a router is made of. */
export interface RouterParts {
  readonly graph: LoadedSupergraph;
  readonly identity: Identity;
  readonly playground: Playground;
  readonly log: Logger;
  /** @default every setting's own default */
  readonly settings?: Settings;
  /** For one fetch from a subgraph, in ms. @default 10_000 */
  readonly subgraphTimeoutMs?: number;
  /** Of a request's body or a socket's message. @default 1 MiB */
  readonly maxBodyBytes?: number;
  readonly streamLimits?: StreamLimits;
  /** How long a connection to a subgraph is kept without subscriptions. @default 60_000 ms */
  readonly upstreamIdleMs?: number;
}

export interface Router {
  /** @returns where it listens, e.g. `http://127.0.0.1:4000` */
  listen(port: number, host: string): Promise<string>;
  /** Not ready from now on; finishes what is in flight, closes sockets with 1012, lets go of everything. */
  drain(): Promise<void>;
}

const endpoint = '/graphql';

/** Wires a router: one endpoint over a supergraph. */
export async function createRouter(parts: RouterParts): Promise<Router> {
  const { graph, identity, playground, log, subgraphTimeoutMs: timeoutMs = 10_000, maxBodyBytes = 1024 * 1024 } = parts;
  const idle = parts.upstreamIdleMs === undefined ? {} : { idleMs: parts.upstreamIdleMs };
  const fetches = new Map(
    graph.subgraphs.map((one) => [one.name, createSubgraphFetch({ subgraph: one, timeoutMs, log })]),
  );
  const upstreams = new Map(
    graph.subgraphs.map((one) => [
      one.name,
      createUpstream({ subgraph: one, anonymous: identity.anonymous, log, ...idle }),
    ]),
  );
  const formatError = createFormatError(log);
  const executor = createExecutor({ graph, fetches, log });
  const pipeline = await startPipeline({ schema: graph.schema, supergraphSdl: graph.sdl, executor, formatError, log });
  // A dead subgraph blanks its own fields; the router stays ready.
  const health = createHealth({});
  const http = createHttpTransport({ pipeline, identity, maxBodyBytes, log });
  const webSockets = createWebSocketTransport({
    pipeline,
    identity,
    upstreams,
    formatError,
    log,
    streamLimits: parts.streamLimits,
    maxMessageBytes: maxBodyBytes,
  });
  let draining = false;

  function handle(request: IncomingMessage, response: ServerResponse): void {
    if (draining) response.setHeader('connection', 'close');
    const path = pathOf(request);
    if (path === endpoint) {
      if (playground.wanted(request)) playground.sendPage(response);
      else void http(request, response);
    } else if (path === '/' && playground.wanted(request)) {
      response.writeHead(302, { location: endpoint }).end();
    } else if (
      !health.handle(request, response) &&
      !(path.startsWith('/playground/') && playground.sendFile(path, response))
    ) {
      sendError(response, 404, 'NOT_FOUND', `There is nothing here; the endpoint is ${endpoint}.`);
    }
  }

  const server = createServer({ keepAliveTimeout: 65_000 }, handle);
  server.on('upgrade', function onUpgrade(request, socket, head) {
    if (pathOf(request) === endpoint) webSockets.upgrade(request, socket, head);
    else socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
  });

  return {
    async listen(port, host) {
      await listening(server, port, host);
      const bound = server.address() as AddressInfo;
      return `http://${bound.family === 'IPv6' ? `[${bound.address}]` : bound.address}:${bound.port}`;
    },
    async drain() {
      draining = true;
      health.drain();
      const closed = new Promise((resolve) => server.close(resolve));
      // A connection becomes idle when what was in flight on it is answered.
      const sweep = setInterval(() => server.closeIdleConnections(), 20);
      await webSockets.drain();
      await closed;
      clearInterval(sweep);
      for (const upstream of upstreams.values()) upstream.close();
      await pipeline.stop();
      await Promise.all([...fetches.values()].map((fetch) => fetch.close()));
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
    server.listen(port, host, resolve);
  });
}
