import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { graphql, parse } from 'graphql';
import type { SubscribePayload } from 'graphql-ws';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';

/** By type and field; looser than the library's own type, which has no room for arguments and contexts of one's own. */
type Resolvers = Record<string, object>;

/** What the resolvers of a test's subgraph get to see. */
export interface SubgraphContext {
  readonly headers: IncomingHttpHeaders;
  readonly payload: SubscribePayload | undefined;
}

/** How the subgraph answers over HTTP: as it should, never, or with something that is no GraphQL. */
export type Mode = 'ok' | 'hang' | 'html' | 'refuse';

/** A small federated service with real HTTP and WebSocket ends. */
export async function startSubgraph(name: string, sdl: string, resolvers: Resolvers) {
  const schema = buildSubgraphSchema({
    typeDefs: parse(sdl),
    resolvers: resolvers as never,
  });
  const requests: { query: string; headers: IncomingHttpHeaders }[] = [];
  const subscribes: SubscribePayload[] = [];
  let mode: Mode = 'ok';
  /** Of the requests that opened a socket. */
  const upgrades: IncomingHttpHeaders[] = [];

  function start() {
    const server = createServer((request, response) => void answer(request, response));
    async function answer(request: IncomingMessage, response: ServerResponse) {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const { query, variables } = JSON.parse(Buffer.concat(chunks).toString()) as { query: string; variables: {} };
      requests.push({ query, headers: request.headers });
      if (mode === 'hang') return;
      if (mode === 'html') return response.end('<html>secret internals at http://10.0.0.1</html>');
      if (mode === 'refuse') {
        response.statusCode = 401;
        return response.end('{"errors":[{"message":"secret","extensions":{"code":"NOT_FROM_ROUTER"}}]}');
      }
      const contextValue: SubgraphContext = { headers: request.headers, payload: undefined };
      const result = await graphql({ schema, source: query, variableValues: variables, contextValue });
      response.setHeader('content-type', 'application/json');
      return response.end(JSON.stringify(result));
    }
    const sockets = new WebSocketServer({ server, path: '/graphql' });
    sockets.on('connection', (_socket, request) => void upgrades.push(request.headers));
    useServer(
      {
        schema,
        onSubscribe: (_context, _id, payload) => void subscribes.push(payload),
        context: (context, _id, payload): SubgraphContext => ({
          headers: (context.extra as { request: { headers: IncomingHttpHeaders } }).request.headers,
          payload,
        }),
      },
      sockets,
    );
    return { server, sockets };
  }

  let running = start();
  running.server.listen(0, '127.0.0.1');
  await once(running.server, 'listening');
  const { port } = running.server.address() as AddressInfo;

  return {
    name,
    sdl,
    url: `http://127.0.0.1:${port}/graphql`,
    requests,
    subscribes,
    upgrades,
    get connections() {
      return upgrades.length;
    },
    set mode(next: Mode) {
      mode = next;
    },
    /** Like kill -9: every connection breaks. */
    async kill() {
      for (const socket of running.sockets.clients) socket.terminate();
      running.server.closeAllConnections();
      await new Promise((resolve) => running.server.close(resolve));
    },
    /** After `kill`, on the same port. */
    async restart() {
      running = start();
      running.server.listen(port, '127.0.0.1');
      await once(running.server, 'listening');
    },
  };
}

export type TestSubgraph = Awaited<ReturnType<typeof startSubgraph>>;
