import type { Random } from '../../conformance/random.ts';
import { documents, good, invalidUtf8, names, nested, oddities, spoilt } from './malformed-documents.ts';

export const bodies: readonly ((random: Random) => readonly [body: string | Buffer, hopeless: boolean])[] = [
  (random) => [JSON.stringify(good).slice(0, random.integer(JSON.stringify(good).length)), true],
  (random) => [spoilt(JSON.stringify(good), random), false],
  (random) => [
    random.pick(['', ' ', 'NaN', 'undefined', "{'query': 1}", '{"query":"{ me { id } }"}}', '\0', '﻿{}']),
    true,
  ],
  (random) => [JSON.stringify(random.pick(oddities)), true],
  (random) => [JSON.stringify({ query: random.pick(oddities.filter((one) => typeof one !== 'string')) }), true],
  (random) => [JSON.stringify({ ...good, variables: random.pick(oddities) }), false],
  (random) => [JSON.stringify({ ...good, operationName: random.pick(oddities) }), false],
  (random) => [JSON.stringify({ ...good, extensions: random.pick(oddities) }), false],
  (random) => [JSON.stringify({ ...good, extensions: { persistedQuery: random.pick(oddities) } }), false],
  (random) => [persisted(random), false],
  (random) => [JSON.stringify(Array.from({ length: random.integer(5) }, () => good)), true],
  (random) => [JSON.stringify({ ...good, variables: { w: random.pick(oddities.slice(2)) } }), true],
  (random) => [
    `{"query":${JSON.stringify(good.query)},"variables":{"w":${random.pick(['1e999', '-', '01', '9'.repeat(10_000)])}}}`,
    true,
  ],
  (random) => [
    `{"query":${JSON.stringify(good.query)},"variables":{"w":true,${JSON.stringify(random.pick(names))}:${JSON.stringify(random.pick(oddities))}}}`,
    false,
  ],
  (random) => [`{"__proto__":{"query":"{ me { id } }"},"${random.pick(['constructor', 'toString', 'x'])}":1}`, true],
  (random) => [
    `{"query":${JSON.stringify(good.query)},"variables":${nested('{"a":', '1', '}', random.integer(100_000))}}`,
    true,
  ],
  (random) => [
    `{"query":${JSON.stringify(good.query)},"variables":{"w":true,"x":${nested('[', '', ']', random.integer(2_000))}}}`,
    false,
  ],
  (random) => [nested('[', '', ']', 1 + random.integer(400_000)), true],
  (random) => [invalidUtf8(random), true],
  (random) => [Buffer.from(JSON.stringify(good), random.pick(['utf16le', 'base64', 'hex'] as const)), true],
  () => [JSON.stringify({ ...good, padding: 'x'.repeat(60_000) }), true],
  (random) => [JSON.stringify({ query: random.pick(documents)(random), variables: { w: true } }), false],
  (random) => [JSON.stringify({ query: random.pick(documents)(random), operationName: random.pick(names) }), false],
];

export const contentTypes = [
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'application/graphql',
  'application/xml',
  'application/json; charset=utf-7',
  'text/json',
  'json',
  'application/',
  '/json',
  ';',
  '',
];

export const searches: readonly ((random: Random) => string)[] = [
  () => '',
  () => '?',
  () => '?query',
  () => '?query=%',
  () => '?query=%zz%ff%00',
  () => '?query={me{id}}&query={me{id}}',
  (random) => `?query=${encodeURIComponent(random.pick(documents)(random)).slice(0, 8_000)}`,
  (random) => `?query={me{id}}&variables=${encodeURIComponent(JSON.stringify(random.pick(oddities)) ?? '')}`,
  (random) => `?query={me{id}}&extensions=${random.pick(['{', '[]', '1', '%7B%22persistedQuery%22%3A1%7D', 'null'])}`,
  () => `?query=${encodeURIComponent('mutation { append(text: "x") }')}`,
  () => `?query=${encodeURIComponent('subscription { unending { version } }')}`,
  (random) => `?${'x'.repeat(random.integer(20_000))}`,
  (random) =>
    `?query={me{id}}&operationName=${encodeURIComponent(random.pick(names.filter((name) => name !== '\ud800')))}`,
];

export const oddHeaders: readonly ((random: Random) => Record<string, string>)[] = [
  () => ({}),
  (random) => ({
    accept: random.pick(['text/html', 'nonsense', ';q=2', 'image/*', '', '*/*;q=0', 'application/json;q=x']),
  }),
  (random) => ({ 'x-long': 'x'.repeat(random.integer(20_000)) }),
  (random) => Object.fromEntries(Array.from({ length: random.integer(200) }, (_, index) => [`x-${index}`, 'x'])),
  (random) => ({ 'x-request-id': random.pick(['', ' ', '\t', '<script>', 'x'.repeat(1_000), '../../etc']) }),
  (random) => ({ traceparent: random.pick(['00', '', `00-${'0'.repeat(32)}-${'0'.repeat(16)}-00`, 'x'.repeat(500)]) }),
  (random) => ({ authorization: random.pick(['Bearer', 'Bearer ', 'Basic x', 'Bearer a.b.c', '\u00e9']) }),
  (random) => ({ origin: random.pick(['null', 'x', 'https://evil.test', '']) }),
  (random) => ({ 'content-encoding': random.pick(['gzip', 'br', 'x']) }),
  (random) => ({ 'x-forwarded-for': random.pick(['', ',', 'x', '1.1.1.1,'.repeat(100)]) }),
  () => ({ expect: 'the unexpected' }),
];

export const methods = ['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD', 'TRACE', 'QUERY', 'LINK'];

export const heads: readonly ((random: Random) => string)[] = [
  () => '\r\n\r\n',
  () => 'GET\r\n\r\n',
  () => 'GET /graphql\r\n\r\n',
  () => 'GET /graphql HTTP/9.9\r\nhost: x\r\n\r\n',
  () => 'NONSENSE /graphql HTTP/1.1\r\nhost: x\r\n\r\n',
  () => 'GET /graphql HTTP/1.1\r\n\r\n',
  () => 'GET /graphql HTTP/1.1\r\nhost: x\r\n : y\r\n\r\n',
  () => 'GET /graphql HTTP/1.1\r\nhost: x\r\nx: a\0b\r\n\r\n',
  () => 'GET http://[ HTTP/1.1\r\nhost: x\r\n\r\n',
  () => 'GET \\\\// HTTP/1.1\r\nhost: x\r\n\r\n',
  () => 'CONNECT x:1 HTTP/1.1\r\nhost: x\r\n\r\n',
  () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  () => post('content-length: -1', ''),
  () => post('content-length: x', ''),
  () => post('content-length: 5\r\ncontent-length: 6', 'abcdef'),
  () => post('content-length: 5\r\ntransfer-encoding: chunked', '0\r\n\r\n'),
  () => post('transfer-encoding: chunked', 'zz\r\n{}\r\n0\r\n\r\n'),
  () => post('transfer-encoding: chunked', '5;x=y\r\n{"a":\r\n0\r\n'),
  () =>
    post(`content-length: ${JSON.stringify(good).length}\r\nupgrade: h2c\r\nconnection: upgrade`, JSON.stringify(good)),
  () => 'GET /graphql HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n',
  () =>
    'GET /graphql HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-key: x\r\nsec-websocket-version: 13\r\n\r\n',
  () => 'GET /other HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n',
  (random) => post(`content-length: ${100 + random.integer(10_000)}`, JSON.stringify(good)),
  (random) => post(`content-length: ${JSON.stringify(good).length}`, JSON.stringify(good)) + random.pick(heads)(random),
];

function persisted(random: Random): string {
  const sha256Hash = random.pick(['', 'x', '0'.repeat(64), 'x'.repeat(10_000), '__proto__', '\0']);
  const extensions = { persistedQuery: { version: random.pick([1, 1, 2, '1', null]), sha256Hash } };
  return JSON.stringify(random.chance(0.5) ? { extensions } : { ...good, extensions });
}

function post(headers: string, body: string): string {
  return `POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n${headers}\r\n\r\n${body}`;
}
