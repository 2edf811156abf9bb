/** What the simulators' tests share: JSON calls over HTTP, and calls that are dealt with but get no answer. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Simulator } from './http.ts';

export interface Reply {
  readonly status: number;
  readonly body: unknown;
}

export interface TestClient {
  get(path: string): Promise<Reply>;
  post(path: string, body: unknown, key?: string): Promise<Reply>;
  turn(knobs: unknown): Promise<Reply>;
  /** Sends a call, waits until the simulator has dealt with it, fails if that gave an answer, and hangs up. */
  postUnanswered(path: string, body: unknown, key?: string): Promise<void>;
  stop(): Promise<void>;
}

export async function startClient({ handler }: Simulator): Promise<TestClient> {
  let watch: ((response: ServerResponse) => void) | undefined;
  const server = createServer((request, response) => {
    const seen = watch;
    // Routes run without waiting once the body is there, so that an immediate later they are done.
    if (seen) request.once('end', () => setImmediate(() => seen(response)));
    handler(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  async function call(
    method: string,
    path: string,
    body?: unknown,
    key?: string,
    signal?: AbortSignal,
  ): Promise<Reply> {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...(key === undefined ? {} : { 'idempotency-key': key }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal ? { signal } : {}),
    });
    return { status: response.status, body: await response.json() };
  }

  return {
    get: (path) => call('GET', path),
    post: (path, body, key) => call('POST', path, body, key),
    turn: (knobs) => call('PUT', '/knobs', knobs),
    async postUnanswered(path, body, key) {
      const dealtWith = new Promise<ServerResponse>((resolve) => (watch = resolve));
      const hangUp = new AbortController();
      const outcome = call('POST', path, body, key, hangUp.signal).catch(() => undefined);
      const { headersSent } = await dealtWith;
      watch = undefined;
      hangUp.abort();
      await outcome;
      if (headersSent) throw new Error(`POST ${path} was answered`);
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
