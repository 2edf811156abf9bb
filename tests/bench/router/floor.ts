/**
 * The floor: a bare node:http server that sends the fetches of a plan, those of a wave together and the waves one after the
 * other, and then an answer that was prepared. No GraphQL, no merging, no identity; it doesn't even look at the answers.
 *
 * Argument: the file of what was recorded ({@link Recorded}, JSON). Says `listening <port>` on stdout.
 */
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Pool } from 'undici';
import type { Recorded } from './recorded.ts';

const [file = ''] = process.argv.slice(2);
const { subgraphs, plans } = JSON.parse(readFileSync(file, 'utf8')) as Recorded;
const pools = new Map(
  [...new Set(Object.values(plans).flatMap(({ waves }) => waves.flat().map(({ subgraph }) => subgraph)))].map(
    (name) => [name, new Pool(subgraphs, { connections: 256, pipelining: 1 })],
  ),
);

function send(subgraph: string, body: string, requestId: string): Promise<void> {
  return new Promise(function sent(resolve, reject) {
    const chunks: Buffer[] = [];
    const headers = ['content-type', 'application/json', 'x-request-id', requestId];
    pools.get(subgraph)!.dispatch(
      { path: `/${subgraph}`, method: 'POST', headers, body },
      {
        onRequestStart() {},
        onResponseStart() {},
        onResponseData(_controller, chunk) {
          chunks.push(chunk);
        },
        onResponseEnd() {
          resolve();
        },
        onResponseError(_controller, error) {
          reject(error);
        },
      },
    );
  });
}

function readAll(request: IncomingMessage): Promise<void> {
  return new Promise((resolve, reject) => {
    request.on('data', () => {});
    request.on('end', resolve);
    request.on('error', reject);
  });
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const plan = plans[request.url?.slice(1) ?? ''];
  if (plan === undefined) throw new Error(`No plan was recorded for ${request.url}.`);
  await readAll(request);
  const requestId = request.headers['x-request-id']?.toString() ?? '';
  for (const wave of plan.waves) {
    await Promise.all(wave.map(({ subgraph, body }) => send(subgraph, body, requestId)));
  }
  const length = String(Buffer.byteLength(plan.answer));
  response.writeHead(200, ['content-type', 'application/json', 'content-length', length]).end(plan.answer);
}

const server = createServer((request, response) => {
  answer(request, response).catch((error: unknown) => {
    response.writeHead(500).end(String(error));
  });
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`listening ${(server.address() as AddressInfo).port}\n`);
});
process.on('SIGTERM', () => process.exit(0));
