/** What a subgraph answers that is broken, careless or malicious: one entry for each way. */
import type { Socket } from 'node:net';
import { gzipSync } from 'node:zlib';

/** Stands in everything that no client may get to see. */
export const INNARDS = 'INNARDS';

/** What a client gets of the fields that the subgraph was asked for. */
export type Outcome =
  /** All of them. */
  | 'right'
  /** None: an error says that there was no usable answer. */
  | 'failed'
  /** None: an error says that it took too long. */
  | 'late'
  /** Some, and an error at the place of each that is missing. */
  | 'partly';

/** What the subgraph was asked for: `Query.thing`, or so many entities. */
export interface Asked {
  readonly entities: number | undefined;
}

export interface HostileMode {
  readonly name: string;
  readonly outcome: Outcome;
  /** It costs so much that it is used less. */
  readonly heavy?: true;
  answer(socket: Socket, asked: Asked): void;
}

interface Thing {
  [field: string]: unknown;
}

export const rightThing = {
  name: 'thing',
  count: 3,
  weight: 1.5,
  kind: 'BIG',
  parts: [{ id: '1' }, { id: '2' }],
  owner: { name: 'owner' },
  any: { free: [1, 'two'] },
};
export const rightShop = { rating: 5, tags: ['a', 'b'] };

const rightData = ({ entities }: Asked): Thing =>
  entities === undefined
    ? { thing: { ...rightThing } }
    : { _entities: Array.from({ length: entities }, () => ({ __typename: 'Shop', ...rightShop })) };

const rightText = (asked: Asked): string => JSON.stringify({ data: rightData(asked) });

function head(length: number | undefined, status = '200 OK', more = ''): string {
  const size = length === undefined ? 'transfer-encoding: chunked' : `content-length: ${length}`;
  return `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\nx-server: ${INNARDS}\r\n${size}\r\n${more}\r\n`;
}

function answerOf(body: string, status?: string, more?: string): string {
  return head(Buffer.byteLength(body), status, more) + body;
}

function send(socket: Socket, body: string | Buffer, status?: string, more?: string): void {
  if (typeof body === 'string') socket.write(answerOf(body, status, more));
  else socket.write(Buffer.concat([Buffer.from(head(body.length, status, more)), body]));
}

/** A text in place of the right one. */
function text(name: string, outcome: Outcome, body: (asked: Asked) => string | Buffer): HostileMode {
  return { name, outcome, answer: (socket, asked) => send(socket, body(asked)) };
}

/** Other fields of the thing, or of each shop. */
function fields(name: string, outcome: Outcome, thing: Thing, shop: Thing): HostileMode {
  return text(name, outcome, ({ entities }) =>
    JSON.stringify({
      data:
        entities === undefined
          ? { thing: { ...rightThing, ...thing } }
          : { _entities: Array.from({ length: entities }, () => ({ __typename: 'Shop', ...rightShop, ...shop })) },
    }),
  );
}

/** Something at the connection's level. */
function wire(name: string, outcome: Outcome, answer: HostileMode['answer']): HostileMode {
  return { name, outcome, answer };
}

/** Writes again and again until the other side has had enough. */
function endlessly(socket: Socket, piece: string | Buffer, everyMs?: number): void {
  if (everyMs !== undefined) {
    const timer = setInterval(() => socket.write(piece), everyMs);
    socket.once('close', () => clearInterval(timer));
    return;
  }
  function fill(): void {
    while (!socket.destroyed && socket.write(piece));
  }
  socket.on('drain', fill);
  fill();
}

const tenMegabytes = Buffer.from(`{"data":{"thing":{"name":"${'x'.repeat(10_000_000)}"}}}`);
/** JSON.stringify and whoever else recurses have no stack for that. */
const DEEP = 20_000;
const nested = (depth: number, opening: string, closing: string): string =>
  `${opening.repeat(depth)}1${closing.repeat(depth)}`;
/** The right answer with the first value of `any`, or of `rating`, replaced by a text that JSON.stringify would not make. */
const withRaw = (asked: Asked, raw: string): string =>
  asked.entities === undefined
    ? rightText(asked).replace(JSON.stringify(rightThing.any), () => raw)
    : rightText(asked).replaceAll('"rating":5', () => `"rating":${raw}`);

const connection: readonly HostileMode[] = [
  wire('never answers', 'late', () => {}),
  wire('closes at once', 'failed', (socket) => socket.resetAndDestroy()),
  wire('ends at once', 'failed', (socket) => socket.end()),
  wire('closes within the head', 'failed', (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-ty')),
  wire('closes within the body', 'failed', (socket, asked) =>
    socket.end(`${head(9_999)}${rightText(asked).slice(0, 30)}`),
  ),
  wire('closes within a chunk', 'failed', (socket) => socket.end(`${head(undefined)}ff\r\n{"data":{`)),
  wire('never ends the body', 'late', (socket, asked) => socket.write(`${head(9_999)}${rightText(asked)}`)),
  wire('never ends the chunks', 'late', (socket) => socket.write(`${head(undefined)}a\r\n{"data":{}\r\n`)),
  wire('says a length that is too small', 'failed', (socket, asked) => socket.write(`${head(20)}${rightText(asked)}`)),
  wire('sends byte after byte', 'late', (socket) => {
    socket.write(head(9_999_999));
    endlessly(socket, ' ', 20);
  }),
  wire('sends head after head', 'late', (socket) => {
    endlessly(socket, 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n', 20);
  }),
  wire('sends a head without an end', 'failed', (socket) => {
    socket.write('HTTP/1.1 200 OK\r\n');
    endlessly(socket, `x-more: ${'x'.repeat(1_000)}\r\n`);
  }),
  wire('speaks no HTTP', 'failed', (socket) => socket.write(`${INNARDS} 220 ready\r\n\r\n`)),
  wire('switches protocols', 'failed', (socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n');
  }),
  // At once: what came later would be the answer to the next request on that connection, for every client of HTTP/1.1.
  wire('answers twice', 'right', (socket, asked) => {
    const second = `{"data":{"thing":{"name":"${INNARDS}"}}}`;
    socket.write(answerOf(rightText(asked)) + answerOf(second));
  }),
];

const http: readonly HostileMode[] = [
  { name: 'answers nothing', outcome: 'failed', answer: (socket) => send(socket, '') },
  wire('answers 204', 'failed', (socket) => socket.write('HTTP/1.1 204 No Content\r\n\r\n')),
  wire('redirects', 'failed', (socket) => send(socket, '', '302 Found', 'location: http://127.0.0.1:1/\r\n')),
  wire('redirects with the right answer', 'failed', (socket, asked) =>
    send(socket, `<${rightText(asked)}`, '307 Temporary Redirect', 'location: /\r\n'),
  ),
  wire('answers 401', 'failed', (socket) =>
    send(socket, `{"errors":[{"message":"${INNARDS}","extensions":{"code":"NOT_FROM_ROUTER"}}]}`, '401 Unauthorized'),
  ),
  wire('answers 500', 'failed', (socket) =>
    send(socket, `{"errors":[{"message":"${INNARDS}"}]}`, '500 Internal Server Error'),
  ),
  wire('answers 502 in HTML', 'failed', (socket) => send(socket, `<html>${INNARDS}</html>`, '502 Bad Gateway')),
  wire('answers 503', 'failed', (socket) => send(socket, INNARDS, '503 Service Unavailable')),
  text('answers HTML', 'failed', () => `<!doctype html><html>at ${INNARDS} (/srv/app.js:1:1)</html>`),
  wire('compresses unasked', 'failed', (socket, asked) =>
    send(socket, gzipSync(rightText(asked)), '200 OK', 'content-encoding: gzip\r\n'),
  ),
  {
    name: 'answers 10 MB',
    outcome: 'failed',
    heavy: true,
    answer: (socket) => send(socket, tenMegabytes),
  },
  {
    name: 'answers without an end',
    outcome: 'failed',
    heavy: true,
    answer: (socket) => {
      socket.write(`${head(undefined)}9\r\n{"data":{\r\n`);
      endlessly(socket, `${(64 * 1024).toString(16)}\r\n${' '.repeat(64 * 1024)}\r\n`);
    },
  },
];

const json: readonly HostileMode[] = [
  text('cuts the JSON off', 'failed', (asked) => rightText(asked).slice(0, -3)),
  text('says more after the JSON', 'failed', (asked) => `${rightText(asked)} ${INNARDS}`),
  text('begins with a byte order mark', 'failed', (asked) => `\uFEFF${rightText(asked)}`),
  text('writes UTF-16', 'failed', (asked) => Buffer.from(rightText(asked), 'utf16le')),
  text('writes wrong UTF-8', 'failed', () => Buffer.from([...Buffer.from('{"data":{"thing":{"name":"'), 0xff, 0xfe])),
  text('writes wrong UTF-8 in a value', 'failed', (asked) => Buffer.from(withRaw(asked, '"\u00FF"'), 'latin1')),
  text('answers null', 'failed', () => 'null'),
  text('answers a text', 'failed', () => `"${INNARDS}"`),
  text('answers a list', 'failed', (asked) => `[${rightText(asked)}]`),
  text('answers an empty object', 'failed', () => '{}'),
  text('has a list as data', 'failed', () => `{"data":["${INNARDS}"]}`),
  text('has a text as data', 'failed', () => `{"data":"${INNARDS}"}`),
  text('has a text as errors', 'failed', (asked) => JSON.stringify({ data: rightData(asked), errors: INNARDS })),
  text('has a text among the errors', 'failed', (asked) =>
    JSON.stringify({ data: rightData(asked), errors: [INNARDS] }),
  ),
  text('has errors without a message', 'failed', (asked) =>
    JSON.stringify({ data: rightData(asked), errors: [{ code: INNARDS }] }),
  ),
  text('repeats keys', 'right', (asked) => `{"data":{"thing":"${INNARDS}","_entities":3},${rightText(asked).slice(1)}`),
  text('nests deeper than any stack', 'right', (asked) =>
    rightText(asked).replace('{"data":{', () => `{"data":{"more":${nested(DEEP, '[', ']')},`),
  ),
];

const values: readonly HostileMode[] = [
  fields('has keys of the prototype', 'right', { constructor: { prototype: { polluted: 1 } } }, { toString: INNARDS }),
  text('has __proto__ as a key', 'right', (asked) =>
    rightText(asked)
      .replace('{"data":{', '{"data":{"__proto__":{"polluted":1},')
      .replaceAll('"rating"', '"__proto__":{"polluted":1},"rating"')
      .replace('"count"', '"__proto__":{"polluted":1,"name":"wrong"},"count"'),
  ),
  fields('has an object where a list is due', 'partly', { parts: { 0: INNARDS } }, { tags: { 0: INNARDS, length: 1 } }),
  fields('has a list where an object is due', 'partly', { owner: [{ name: INNARDS }] }, { tags: [[INNARDS]] }),
  fields('has a text where an object is due', 'partly', { owner: INNARDS, parts: INNARDS }, { tags: INNARDS }),
  fields('has a text where a number is due', 'partly', { count: INNARDS, weight: INNARDS }, { rating: INNARDS }),
  fields('has a number where a text is due', 'partly', { name: 3 }, { tags: [3] }),
  fields('has objects where values are due', 'partly', { name: { a: INNARDS }, kind: {} }, { rating: [1] }),
  fields('has a number that is no Int', 'partly', { count: 3.5 }, { rating: 2 ** 40 }),
  fields('has no such enum value', 'partly', { kind: INNARDS }, { rating: null, tags: [null] }),
  fields('has null where it may not', 'partly', { parts: [{ id: null }] }, { tags: ['a', null] }),
  fields('lacks what may not be missing', 'partly', { parts: [{ id: '1' }, {}] }, { tags: [null] }),
  text('has a number beyond all numbers', 'partly', (asked) =>
    withRaw(asked, '1e999').replace('"weight":1.5', '"weight":1e999'),
  ),
  text('nests a value deeper than any stack', 'partly', (asked) => withRaw(asked, nested(DEEP, '[', ']'))),
  text('nests objects deeper than any stack', 'partly', (asked) => withRaw(asked, nested(DEEP, '{"a":', '}'))),
  text('has no list of entities', 'partly', (asked) =>
    asked.entities === undefined ? '{"data":{"thing":3}}' : `{"data":{"_entities":{"0":"${INNARDS}"}}}`,
  ),
  text('has too few entities', 'partly', (asked) =>
    asked.entities === undefined ? '{"data":{"thing":[]}}' : '{"data":{"_entities":[]}}',
  ),
  text('has too many entities', 'right', (asked) =>
    JSON.stringify({ data: rightData({ entities: asked.entities === undefined ? undefined : 1_000 }) }),
  ),
  text('has no objects as entities', 'partly', (asked) =>
    asked.entities === undefined ? `{"data":{"thing":"${INNARDS}"}}` : `{"data":{"_entities":["${INNARDS}",7,[]]}}`,
  ),
  text('has errors with odd paths', 'partly', ({ entities }) =>
    JSON.stringify({
      data: entities === undefined ? { thing: null } : { _entities: Array.from({ length: entities }, () => null) },
      errors: [
        { message: 'odd', path: 'thing' },
        { message: 'odd', path: [{ a: INNARDS }] },
        { message: 'odd', path: ['_entities', 1e9], extensions: INNARDS },
        { message: 'odd', path: [], extensions: { stacktrace: [INNARDS], exception: INNARDS } },
      ],
    }),
  ),
  text('has errors and no data', 'partly', () =>
    JSON.stringify({ errors: [{ message: 'no', extensions: { code: 'NO', stacktrace: [INNARDS] } }] }),
  ),
];

/** All ways. */
export const hostileModes: readonly HostileMode[] = [...connection, ...http, ...json, ...values];
