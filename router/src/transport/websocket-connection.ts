import type { Logger } from '@cafe-for-me/lib/log';
import { CloseCode, type Server } from 'graphql-ws';
import type { WebSocket } from 'ws';
import { nestsTooDeep } from '../limits/nesting.ts';
import { sent } from './websocket-frames.ts';

/** Connects an open socket with the protocol that is spoken over it, and ends it when its client has gone silent. */
export function serveSocket<Extra>(options: {
  protocol: Server<Extra>;
  socket: WebSocket;
  extra: Extra;
  /** A ping goes so often; a socket that doesn't answer before the next is ended. */
  pingMs: number;
  log: Logger;
}): void {
  const { protocol, socket, extra, pingMs, log } = options;
  let alive = true;
  const pings = setInterval(function ping() {
    if (!alive) return socket.terminate();
    alive = false;
    socket.ping();
  }, pingMs);
  socket.on('pong', () => (alive = true));
  socket.on('error', (error) => log.info({ error }, 'a socket failed'));

  const refuse = () => socket.close(CloseCode.BadRequest, 'Invalid message received');
  const ended = protocol.opened(
    {
      protocol: socket.protocol,
      send: (text) => sent(socket, text),
      close: (code, reason) => socket.close(code, reason),
      onMessage: (handle) =>
        socket.on('message', function onMessage(data: Buffer) {
          const text = data.toString();
          if (nestsTooDeep(text)) return refuse();
          handle(text).catch(function failed(error: unknown) {
            if (isOfServer(text)) return refuse();
            log.error({ error }, 'a message could not be handled');
            socket.close(CloseCode.InternalServerError, 'Internal server error');
          });
        }),
    },
    extra,
  );
  socket.once('close', (code, reason) => {
    clearInterval(pings);
    void ended(code, reason.toString());
  });
}

/** What only a server says is well-formed, but nothing that a client may send: graphql-ws throws at it. */
function isOfServer(text: string): boolean {
  const { type } = JSON.parse(text) as { type: string };
  return type === 'connection_ack' || type === 'next' || type === 'error';
}

/** Closes a socket; a client that doesn't answer is cut off after a second. */
export function closed(socket: WebSocket, code: number, reason: string): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => socket.terminate(), 1_000);
    socket.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
    socket.close(code, reason);
  });
}
