/**
 * The floor of telling an event to all: a text made once, each socket's id put before it, and written, and nothing else.
 * No execution, no token, no bound on what waits; it knows one subscription per socket.
 *
 * Says `listening <port>` on stdout, of its commands.
 */
import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import { sharedNow } from './clock.ts';
import { listening, serveCommands } from './commands.ts';
import { announcement, FIRST_NUMBER } from './graph.ts';
import type { SourceCommands } from './subgraph.ts';

/** What stands before an event, by socket. */
const subscribers = new Map<Socket, string>();
let last = FIRST_NUMBER;

/** All of the event but the id. */
const payload = (): string =>
  `","type":"next","payload":${JSON.stringify({ data: { announced: announcement(last) } })}}`;

/** @param head up to the id, all of it ASCII */
function send(socket: Socket, head: string, rest: string): void {
  const length = head.length + rest.length;
  socket.write(`\x81\x7e${String.fromCharCode(length >> 8, length & 0xff)}${head}${rest}`, 'latin1');
}

function received(webSocket: WebSocket, socket: Socket, data: Buffer): void {
  const { type, id } = JSON.parse(data.toString()) as { type: string; id: string };
  if (type === 'connection_init') webSocket.send('{"type":"connection_ack"}');
  else if (type === 'subscribe') {
    const head = `{"id":"${id}`;
    subscribers.set(socket, head);
    send(socket, head, payload());
  }
}

const webSockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
const server = createServer((_, response) => response.writeHead(404).end());
server.on('upgrade', (request, socket, head) =>
  webSockets.handleUpgrade(request, socket, head, function connected(webSocket) {
    webSocket.on('message', (data: Buffer) => received(webSocket, socket as Socket, data));
    webSocket.on('close', () => subscribers.delete(socket as Socket));
    webSocket.on('error', () => webSocket.terminate());
  }),
);
const graphPort = await listening(server);

const commands: SourceCommands = {
  /** Where its subscriptions are. */
  graph: () => ({ port: graphPort }),
  /** How many subscriptions it has. */
  subscriptions: () => subscribers.size,
  /** Tells an event. @returns its number, and when it began to */
  emit() {
    last += 1;
    const at = sharedNow();
    const rest = payload();
    for (const [socket, head] of subscribers) send(socket, head, rest);
    return { number: last, at };
  },
};

await serveCommands(commands);
