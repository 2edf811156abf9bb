import type { Server } from 'node:http';
import { Server as NetServer } from 'node:net';

/**
 * Ends an HTTP server without failing a request: it stops listening at once, answers what is under way and what still
 * comes over connections that are open, each time with `connection: close`, and closes idle connections after a while.
 *
 * Node's own `close()` closes idle connections at once, and a request that a keep-alive client sends in that moment is lost.
 *
 * @param options.lingerMs how long an idle connection stays, in ms. @default 300
 * @param options.boundMs after so long all connections are cut, in ms. @default 8000
 */
export async function drainHttp(server: Server, options: { lingerMs?: number; boundMs?: number } = {}): Promise<void> {
  const { lingerMs = 300, boundMs = 8000 } = options;
  if (!server.listening) return;
  server.prependListener('request', function lastOfItsConnection(_request, response) {
    response.shouldKeepAlive = false;
  });
  const closed = new Promise<void>((resolve) => NetServer.prototype.close.call(server, () => resolve()));
  const idle = setInterval(() => server.closeIdleConnections(), lingerMs);
  const late = setTimeout(() => server.closeAllConnections(), boundMs);
  await closed;
  clearInterval(idle);
  clearTimeout(late);
  // It listens no more; this ends the timer with which Node looks after the connections.
  server.close();
}
