import type { Fetcher } from '@graphiql/toolkit';
import { getOperationAST, Kind, OperationTypeNode, parse, type OperationDefinitionNode } from 'graphql';
import { createClient } from 'graphql-ws';
import { createResumingClient, type ResumingClient } from '../client/resuming-websocket.ts';

/** One socket per identity, since a token holds for a whole socket. */
let socket: { authorization: string | undefined; live: ResumingClient } | undefined;

function socketFor(authorization: string | undefined): ResumingClient {
  if (socket === undefined || socket.authorization !== authorization) {
    void socket?.live.client.dispose();
    const live = createResumingClient(createClient, {
      url: `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/graphql`,
      connectionParams: authorization === undefined ? {} : { authorization },
    });
    socket = { authorization, live };
  }
  return socket.live;
}

/**
 * Queries and mutations go over HTTP, subscriptions over a WebSocket at the same address, both with the same token. A subscription
 * outlives a restart of the router; `extensions.resumed` under its next message says how it went on.
 */
export const fetcher: Fetcher = function fetchOrSubscribe(params, options) {
  const headers = (options?.headers ?? {}) as Record<string, string>;
  const operation = chosenOperation(params.query, params.operationName ?? undefined);
  const request = { query: params.query, variables: params.variables, operationName: operation?.name?.value };
  if (operation?.operation === OperationTypeNode.SUBSCRIPTION) {
    const authorization = headers['authorization'] ?? headers['Authorization'];
    return {
      subscribe(sink: Parameters<ResumingClient['subscribe']>[1]) {
        const { stop } = socketFor(authorization).subscribe(request, sink);
        return { unsubscribe: stop };
      },
    } as ReturnType<Fetcher>;
  }
  return fetch('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json', ...headers },
    body: JSON.stringify(request),
  }).then((response) => response.json());
};

/** The editor tells the name of the operation a moment late: right after an example is chosen it is the one before. */
function chosenOperation(query: string, name: string | undefined): OperationDefinitionNode | undefined {
  try {
    const document = parse(query);
    const first = document.definitions.find((one) => one.kind === Kind.OPERATION_DEFINITION);
    return getOperationAST(document, name) ?? first;
  } catch {
    // The router has the words for what does not parse.
    return undefined;
  }
}
