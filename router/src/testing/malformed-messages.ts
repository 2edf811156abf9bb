import type { Random } from '../../conformance/random.ts';
import { documents, good, invalidUtf8, names, nested, oddities, spoilt } from './malformed-documents.ts';

const payloads: readonly ((random: Random) => unknown)[] = [
  (random) => random.pick(oddities),
  (random) => ({ query: random.pick(oddities) }),
  (random) => ({ ...good, variables: random.pick(oddities) }),
  (random) => ({ ...good, operationName: random.pick(oddities) }),
  (random) => ({ ...good, extensions: random.pick(oddities) }),
  (random) => ({ ...good, extensions: { persistedQuery: random.pick(oddities), requestId: random.pick(oddities) } }),
  (random) => ({ query: random.pick(documents)(random) }),
  (random) => ({ query: random.pick(documents)(random), variables: { w: random.pick(oddities) } }),
  () => ({ query: 'subscription { unending(filter: { id: 1, x: 2 }) { version } }' }),
  () => ({ query: 'subscription { refused { version } unending { version } }' }),
];

export const messages: readonly ((random: Random) => string | Buffer)[] = [
  (random) => spoilt(JSON.stringify({ id: '1', type: 'subscribe', payload: good }), random),
  (random) => JSON.stringify(random.pick(oddities)),
  (random) => JSON.stringify({ type: random.pick(oddities) }),
  (random) =>
    JSON.stringify({ type: random.pick(['next', 'error', 'connection_ack', 'x', '__proto__', 'connection_init']) }),
  (random) =>
    JSON.stringify({ id: '1', type: random.pick(['next', 'error', 'complete']), payload: random.pick(oddities) }),
  (random) => JSON.stringify({ id: random.pick(oddities), type: 'subscribe', payload: good }),
  (random) => JSON.stringify({ id: random.pick(names), type: 'complete' }),
  (random) => JSON.stringify({ id: random.pick(names), type: 'subscribe', payload: random.pick(payloads)(random) }),
  (random) => JSON.stringify({ id: '1', type: 'subscribe', payload: random.pick(payloads)(random) }),
  (random) => JSON.stringify({ id: '1', type: 'subscribe', payload: random.pick(payloads)(random) }),
  (random) => JSON.stringify({ type: random.pick(['ping', 'pong']), payload: random.pick(oddities) }),
  (random) =>
    `{"id":"1","type":"subscribe","payload":{"query":"{ me { id } }","variables":${nested('{"a":', '1', '}', random.integer(20_000))}}}`,
  () => JSON.stringify({ id: '1', type: 'subscribe', payload: { query: 'x'.repeat(60_000) } }),
  (random) => invalidUtf8(random),
  () => '',
];
