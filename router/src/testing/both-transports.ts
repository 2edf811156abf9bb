import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { OperationRequest } from '../pipeline/operation-request.ts';
import type { Answer, TestRouter } from './router.ts';

/** The answer to one operation, whatever it came over. */
export type OneAnswer = Answer['body'];

/** Sends one operation as it is, also one that no client library would send. */
export type Send = (
  router: TestRouter,
  request: OperationRequest,
  headers?: Record<string, string>,
) => Promise<OneAnswer>;

async function overHttp(router: TestRouter, request: OperationRequest, headers: Record<string, string> = {}) {
  const response = await fetch(router.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(request),
  });
  return (await response.json()) as OneAnswer;
}

async function overSocket(router: TestRouter, request: OperationRequest, headers: Record<string, string> = {}) {
  const socket = new WebSocket(router.url.replace('http', 'ws'), 'graphql-transport-ws', { headers });
  await once(socket, 'open');
  try {
    socket.send('{"type":"connection_init"}');
    await once(socket, 'message');
    // The protocol wants a text, if only an empty one.
    const payload = { query: '', ...request };
    socket.send(JSON.stringify({ id: 'one', type: 'subscribe', payload }));
    const [data] = (await once(socket, 'message')) as [Buffer];
    const message = JSON.parse(data.toString()) as { type: string; payload: never };
    return message.type === 'error' ? { errors: message.payload } : (message.payload as OneAnswer);
  } finally {
    socket.terminate();
  }
}

export const bothTransports: readonly (readonly [string, Send])[] = [
  ['HTTP', overHttp],
  ['WebSocket', overSocket],
];
