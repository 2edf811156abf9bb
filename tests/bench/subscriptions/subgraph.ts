/**
 * The subgraph of the benchmark: one topic over graphql-transport-ws, with positions as our services give them. What it sends
 * is written once per subscriber and made once per event, so that it costs next to nothing.
 *
 * Says `listening <port>` on stdout; commands and subscriptions are served there.
 */
import { createServer } from 'node:http';
import { WebSocketServer, type WebSocket } from 'ws';
import { sharedNow } from './clock.ts';
import { listening, serveCommands } from './commands.ts';
import { announcement, FIRST_NUMBER } from './graph.ts';

interface Message {
  readonly id?: string;
  readonly type: string;
  readonly payload?: { readonly extensions?: { readonly resumeFrom?: string } };
}

const sockets = new Map<WebSocket, Set<string>>();
let last = FIRST_NUMBER;

/** The stream's life and the place in it. */
const position = (): string => `bench~${last - FIRST_NUMBER}`;

function next(id: string, extensions: object): string {
  const payload = { data: { announced: announcement(last) }, extensions: { position: position(), ...extensions } };
  return JSON.stringify({ id, type: 'next', payload });
}

function received(socket: WebSocket, ids: Set<string>, { id = '', type, payload }: Message): void {
  if (type === 'connection_init') socket.send('{"type":"connection_ack"}');
  else if (type === 'ping') socket.send('{"type":"pong"}');
  else if (type === 'complete') ids.delete(id);
  else if (type === 'subscribe') {
    ids.add(id);
    const from = payload?.extensions?.resumeFrom;
    if (from === position()) {
      socket.send(JSON.stringify({ type: 'ping', payload: { id, position: from, resumed: 'exact' } }));
    } else socket.send(next(id, from === undefined ? {} : { resumed: 'snapshot' }));
  }
}

const webSockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
webSockets.on('connection', function connected(socket: WebSocket) {
  const ids = new Set<string>();
  sockets.set(socket, ids);
  socket.on('message', (data: Buffer) => received(socket, ids, JSON.parse(data.toString()) as Message));
  socket.on('close', () => sockets.delete(socket));
  socket.on('error', () => socket.terminate());
});
const server = createServer((_, response) => response.writeHead(404).end());
server.on('upgrade', (request, socket, head) =>
  webSockets.handleUpgrade(request, socket, head, (webSocket) => webSockets.emit('connection', webSocket, request)),
);
const graphPort = await listening(server);

const commands = {
  /** Where its subscriptions are. */
  graph: () => ({ port: graphPort }),
  /** How many subscriptions it has. */
  subscriptions: () => [...sockets.values()].reduce((sum, ids) => sum + ids.size, 0),
  /** Tells an event. @returns its number, and when it was told */
  emit() {
    last += 1;
    const at = sharedNow();
    for (const [socket, ids] of sockets) for (const id of ids) socket.send(next(id, { occurredAt: Date.now() }));
    return { number: last, at };
  },
};
/** What every source of events can be told. */
export type SourceCommands = typeof commands;

await serveCommands(commands);
