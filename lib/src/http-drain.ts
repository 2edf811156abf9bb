import type { Server } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';

export interface HttpDrainTimes {
  /** How long an idle connection stays, in ms. @default 300 */
  lingerMs?: number;
  /** After so long all connections are cut, in ms. @default 8000 */
  boundMs?: number;
}

/**
 * Prepares the end of an HTTP server, without failing a request: it then stops listening at once, answers what is under way
 * and what still comes over connections that are open, each time with `connection: close`, and closes idle connections after
 * a while. Sockets that were upgraded are the caller's to close; the end waits for them.
 *
 * Node's own `close()` closes idle connections at once, and a request that a keep-alive client sends in that moment is lost.
 * Neither does it close connections that never sent anything, which browsers open ahead of need, nor any whose client does
 * not read its answer.
 *
 * @param server before it listens
 * @returns what ends it; comes back when all connections are gone
 */
export function createHttpDrain(server: Server): (times?: HttpDrainTimes) => Promise<void> {
  const open = new Set<Socket>();
  function forget(this: Socket): void {
    open.delete(this);
  }
  server.on('connection', function keep(socket) {
    open.add(socket);
    socket.once('close', forget);
  });

  function closeIdle(): void {
    server.closeIdleConnections();
    // To Node these are busy with their first request.
    for (const socket of open) if (socket.bytesRead === 0) socket.destroy();
  }

  return async function drainHttp({ lingerMs = 300, boundMs = 8000 } = {}) {
    if (!server.listening) return;
    server.prependListener('request', function lastOfItsConnection(_request, response) {
      response.shouldKeepAlive = false;
    });
    const closed = new Promise<void>((resolve) => NetServer.prototype.close.call(server, () => resolve()));
    const idle = setInterval(closeIdle, lingerMs);
    const late = setTimeout(() => server.closeAllConnections(), boundMs);
    await closed;
    clearInterval(idle);
    clearTimeout(late);
    // It listens no more; this ends the timer with which Node looks after the connections.
    server.close();
  };
}
