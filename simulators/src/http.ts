/** A few routes of JSON over node:http: what every simulator is made of. */
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { z } from 'zod';

/** Returned by a route that leaves its caller without an answer: the connection stays open until the caller gives up. */
export const SILENCE = Symbol('silence');

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

export interface Call {
  /** The last part of the path where the route ends in `/:key`, otherwise empty. */
  readonly key: string;
  readonly query: URLSearchParams;
  /** The parsed JSON body; undefined when there is none. */
  readonly body: unknown;
  header(name: string): string | undefined;
}

type Outcome = Answer | typeof SILENCE;
export type Route = (call: Call) => Outcome | Promise<Outcome>;

/** Routes by `METHOD /path` or `METHOD /path/:key`. */
export type Routes = Readonly<Record<string, Route>>;

/** Thrown by a route to answer with this status and `{ error, field? }`. */
export class BadCall extends Error {
  override readonly name = 'BadCall';
  readonly status: number;
  readonly field: string | undefined;

  constructor(status: number, message: string, field?: string) {
    super(message);
    this.status = status;
    this.field = field;
  }
}

export interface Simulator {
  readonly handler: RequestListener;
  /** Listens on `port` (0 for a free one). `stop` lets calls at work finish and cuts those that get no answer. */
  start(port: number, host?: string): Promise<{ url: string; stop(): Promise<void> }>;
}

/** 1 MiB: far above any honest body. */
const MAX_BODY = 1_048_576;

export const ok = (body: unknown): Answer => ({ status: 200, body });

/** The value as `shape` has it, or a 400 that names the first field at fault. */
export function checked<T>(shape: z.ZodType<T>, value: unknown): T {
  const result = shape.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
  const field = unknown ?? issue?.path.join('.') ?? '';
  const where = field === '' ? 'body' : field;
  throw new BadCall(400, unknown === undefined ? `${where}: ${issue?.message}` : `${unknown}: no such name`, where);
}

/** Refuses a call whose `Idempotency-Key` header contradicts the key that its body carries. */
export function sameKey(call: Call, key: string): void {
  const header = call.header('idempotency-key');
  if (header !== undefined && header !== key) {
    throw new BadCall(400, `Idempotency-Key: "${header}" is not the body's key "${key}"`, 'Idempotency-Key');
  }
}

/** A simulator that serves `routes` beside `GET /health/live` and `GET /health/ready`. */
export function createSimulator(routes: Routes): Simulator {
  const all: Routes = {
    'GET /health/live': () => ok({ status: 'live' }),
    'GET /health/ready': () => ok({ status: 'ready', checks: {} }),
    ...routes,
  };
  const table = new Map(Object.entries(all));
  const known = [...table.keys()];
  const unanswered = new Set<ServerResponse>();
  let stopping = false;

  function find(method: string, path: string): { route: Route; key: string } | undefined {
    const exact = table.get(`${method} ${path}`);
    if (exact) return { route: exact, key: '' };
    const slash = path.lastIndexOf('/');
    const route = table.get(`${method} ${path.slice(0, slash)}/:key`);
    return route && slash < path.length - 1 ? { route, key: decoded(path.slice(slash + 1)) } : undefined;
  }

  async function outcome(request: IncomingMessage): Promise<Outcome> {
    const url = request.url ?? '/';
    const mark = url.indexOf('?');
    const path = mark < 0 ? url : url.slice(0, mark);
    const found = find(request.method ?? 'GET', path);
    if (!found) throw new BadCall(404, `${request.method} ${path}: no such path; there are ${known.join(', ')}`);
    refuseForeign(request);
    const text = await readBody(request);
    if (text !== '') requireJson(request);
    return found.route({
      key: found.key,
      query: new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1)),
      body: parsed(text),
      header: (name) => request.headers[name]?.toString(),
    });
  }

  function send(response: ServerResponse, { status, body }: Answer): void {
    const text = JSON.stringify(body);
    response.writeHead(status, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
      ...(stopping ? { connection: 'close' } : {}),
    });
    response.end(text);
  }

  function leaveUnanswered(response: ServerResponse): void {
    if (stopping) {
      response.destroy();
      return;
    }
    unanswered.add(response);
    response.once('close', () => unanswered.delete(response));
  }

  const handler: RequestListener = (request, response) => {
    outcome(request).then(
      (result) => (result === SILENCE ? leaveUnanswered(response) : send(response, result)),
      (error: unknown) => {
        if (!request.complete && !(error instanceof BadCall)) response.destroy();
        else send(response, failure(error));
      },
    );
  };

  return {
    handler,
    async start(port, host = '127.0.0.1') {
      const server = createServer({ keepAliveTimeout: 65_000 }, handler);
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, host, resolve);
      });
      const address = server.address() as AddressInfo;
      return {
        url: `http://${host}:${address.port}`,
        async stop() {
          stopping = true;
          const closed = new Promise<void>((resolve) => server.close(() => resolve()));
          for (const response of unanswered) response.destroy();
          server.closeIdleConnections();
          await closed;
        },
      };
    },
  };
}

function failure(error: unknown): Answer {
  if (!(error instanceof BadCall)) return { status: 500, body: { error: String(error) } };
  return { status: error.status, body: { error: error.message, ...(error.field && { field: error.field }) } };
}

/** Pages of other sites may send what they like here, unless a simulator looks where it comes from. */
function refuseForeign({ method, headers }: IncomingMessage): void {
  if (method === 'GET' || method === 'HEAD') return;
  const { 'sec-fetch-site': site, origin, host } = headers;
  const own = site === undefined ? undefined : site === 'same-origin' || site === 'none';
  if (own ?? (origin === undefined || (URL.canParse(origin) && new URL(origin).host === host))) return;
  throw new BadCall(403, 'pages of other sites may change nothing here', 'Origin');
}

function requireJson({ headers }: IncomingMessage): void {
  const type = headers['content-type'];
  if (type !== undefined && /^application\/json\s*(?:;|$)/i.test(type)) return;
  throw new BadCall(415, `Content-Type: ${type ?? 'missing'}, expected application/json`, 'Content-Type');
}

function readBody(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > MAX_BODY) reject(new BadCall(413, `body: more than ${MAX_BODY} bytes`, 'body'));
      else chunks.push(chunk);
    });
    request.once('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    request.once('error', reject);
  });
}

function parsed(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new BadCall(400, 'body: not JSON', 'body');
  }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new BadCall(400, `path: "${part}" is not percent-encoded text`, 'path');
  }
}
