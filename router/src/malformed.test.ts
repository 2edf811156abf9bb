import { once } from 'node:events';
import { Agent, request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { WebSocket } from 'ws';
import {
  createMalformed,
  type Malformed,
  type MalformedBytes,
  type MalformedHttp,
  type MalformedMessages,
} from './testing/malformed.ts';
import { startRouter, type TestRouter } from './testing/router.ts';
import { startSubgraphs, type TestSubgraphs } from './testing/supergraph.ts';

/** More of them, or others: `MALFORMED_REQUESTS=10000 MALFORMED_SEED=2 npm test -- router/src/malformed`. */
const count = Number(process.env['MALFORMED_REQUESTS'] ?? 1_000);
const seed = process.env['MALFORMED_SEED'] ?? 'malformed';
const atOnce = 10;

let subgraphs: TestSubgraphs;
let router: TestRouter;
let agent: Agent;

beforeAll(async () => {
  subgraphs = await startSubgraphs();
  router = await startRouter(subgraphs.sdl, { maxBodyBytes: 50_000 });
  agent = new Agent({ keepAlive: true, maxSockets: atOnce });
});
afterAll(async () => {
  agent.destroy();
  await router.stop();
  await subgraphs.stop();
});

/** What came back, in a form that says everything. */
interface Reply {
  /** Undefined where the connection was ended without an answer. */
  status: number | undefined;
  text: string;
}

async function sendHttp({ method, search, headers, body }: MalformedHttp): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const url = router.url + search;
    // Node leaves it out where it expects no body.
    const length = body === undefined ? {} : { 'content-length': String(body.length) };
    const request = httpRequest(
      url,
      { method, headers: { ...headers, ...length }, agent },
      function answered(response) {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => resolve({ status: response.statusCode, text: Buffer.concat(chunks).toString() }));
        response.on('error', reject);
      },
    );
    // What is refused before it is read through may be cut off.
    request.on('error', (error: NodeJS.ErrnoException) => {
      const cutOff = error.code === 'ECONNRESET' || error.code === 'EPIPE';
      // Headers too large to be read: nobody knows that it was HEAD, and the refusal has a body.
      const unread = method === 'HEAD' && error.code === 'HPE_CLOSED_CONNECTION';
      if (cutOff || unread) resolve({ status: undefined, text: '' });
      else reject(error);
    });
    request.end(body);
  });
}

/** The answers to bytes that are sent as they are, until the connection ends. */
async function sendBytes({ bytes }: MalformedBytes): Promise<Reply[]> {
  const { hostname, port } = new URL(router.url);
  const socket = connect(Number(port), hostname);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.on('error', () => undefined);
  socket.end(bytes);
  await once(socket, 'close');
  return repliesIn(Buffer.concat(chunks).toString());
}

function repliesIn(text: string): Reply[] {
  const replies: Reply[] = [];
  let rest = text;
  while (rest !== '') {
    const head = /^HTTP\/1\.1 (\d{3}) [^\r\n]*\r\n(?:[^\r\n]+\r\n)*\r\n/.exec(rest);
    if (head === null) throw new Error(`No HTTP: ${rest.slice(0, 200)}`);
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(head[0])?.[1] ?? 0);
    const end = head[0].length + length;
    replies.push({ status: Number(head[1]), text: rest.slice(head[0].length, end) });
    rest = rest.slice(end);
  }
  return replies;
}

/** What a socket hears until it is closed, or until the server has said something about operation "last". */
async function sendMessages({ initialized, messages }: MalformedMessages): Promise<{ code: number; heard: string[] }> {
  const socket = new WebSocket(router.url.replace('http', 'ws'), 'graphql-transport-ws');
  socket.on('error', () => undefined);
  await once(socket, 'open');
  const heard: string[] = [];
  socket.on('message', (data: Buffer) => {
    heard.push(data.toString());
    if (data.includes('"id":"last"')) socket.close(1000);
  });
  const closed = once(socket, 'close');
  if (initialized) socket.send('{"type":"connection_init"}');
  for (const message of messages) socket.send(message, { binary: false });
  // When nothing of it closed the socket, an operation still runs.
  if (initialized) socket.send(JSON.stringify({ id: 'last', type: 'subscribe', payload: { query: '{ badges }' } }));
  else socket.send('{"type":"nonsense"}');
  const [code] = (await closed) as [number];
  return { code, heard };
}

function expectGraphQL({ text }: Reply): void {
  const { data, errors } = JSON.parse(text) as { data?: unknown; errors?: { message: string; extensions?: object }[] };
  if (errors === undefined) {
    expect(data).toBeInstanceOf(Object);
    return;
  }
  expect(errors.length).toBeGreaterThan(0);
  for (const { message, extensions } of errors) {
    expect(message).toEqual(expect.any(String));
    expect(extensions).toEqual(expect.objectContaining({ code: expect.any(String) }));
  }
}

function expectRefusal(reply: Reply, hopeless: boolean, withBody: boolean): void {
  const { status } = reply;
  if (status === undefined) return;
  expect(status).toBeLessThan(500);
  if (hopeless) expect(status).toBeGreaterThanOrEqual(400);
  if (withBody) expectGraphQL(reply);
}

/** Of the protocol: bad message, not initialized, id in use, twice initialized; of WebSocket: no UTF-8, too large. */
const closeCodes = [1000, 1007, 1009, 4400, 4401, 4409, 4429];

async function check(malformed: Malformed): Promise<void> {
  switch (malformed.kind) {
    case 'http':
      expectRefusal(await sendHttp(malformed), malformed.hopeless, malformed.method !== 'HEAD');
      break;
    case 'bytes':
      for (const reply of await sendBytes(malformed)) expectRefusal(reply, false, true);
      break;
    case 'messages': {
      const { code, heard } = await sendMessages(malformed);
      expect(closeCodes).toContain(code);
      for (const text of heard) expect(JSON.parse(text)).toEqual(expect.objectContaining({ type: expect.any(String) }));
      break;
    }
  }
}

function described(malformed: Malformed): string {
  return JSON.stringify(malformed, (_key, value: unknown) =>
    typeof value === 'object' && value !== null && 'type' in value && value.type === 'Buffer'
      ? Buffer.from((value as unknown as { data: number[] }).data)
          .toString('latin1')
          .slice(0, 2_000)
      : value,
  ).slice(0, 4_000);
}

describe('malformed requests', () => {
  it(
    `are refused as GraphQL, and nothing breaks (${count}, seed ${seed})`,
    async () => {
      const next = createMalformed(seed);
      for (let done = 0; done < count; done += atOnce) {
        const some = Array.from({ length: Math.min(atOnce, count - done) }, next);
        await Promise.all(
          some.map(async function checkOne(malformed) {
            try {
              await check(malformed);
            } catch (error) {
              throw new Error(`Seed ${seed}: ${described(malformed)}`, { cause: error });
            }
          }),
        );
        const { status, body } = await router.post('{ me { name } }');
        expect([status, body]).toEqual([200, { data: { me: { name: 'Alice' } } }]);
      }
      const faults = router.lines.filter((line) => line.includes('"level":"error"'));
      expect(faults).toEqual([]);
    },
    60_000 + count * 60,
  );
});
