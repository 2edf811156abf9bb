import { once } from 'node:events';
import { WebSocket, type ClientOptions } from 'ws';

/** A socket that sends what no client library would, and tells all that comes. */
export async function openRawSocket(
  url: string,
  options: ClientOptions & { protocol?: string; initialize?: boolean } = {},
) {
  const { protocol = 'graphql-transport-ws', initialize = true, ...others } = options;
  const socket = new WebSocket(url.replace('http', 'ws'), protocol, others);
  const messages: unknown[] = [];
  let wake: (() => void) | undefined;
  socket.on('message', (data: Buffer) => {
    messages.push(JSON.parse(data.toString()));
    wake?.();
  });
  const closed = once(socket, 'close').then(([code, reason]) => ({
    code: code as number,
    reason: (reason as Buffer).toString(),
  }));
  closed.catch(() => undefined);
  await once(socket, 'open');

  let over = false;
  socket.on('close', () => {
    over = true;
    wake?.();
  });
  async function next(): Promise<unknown> {
    while (messages.length === 0 && !over) await new Promise<void>((resolve) => (wake = resolve));
    return messages.shift();
  }
  const send = (message: unknown) => socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  if (initialize) {
    send({ type: 'connection_init' });
    await next();
  }
  return {
    socket,
    send,
    subscribe: (id: string, query = 'subscription { any }', extensions?: object) =>
      send({ id, type: 'subscribe', payload: { query, extensions } }),
    /** The next message; undefined when there is none any more. */
    next,
    closed,
  };
}
