/**
 * The floor of placing an order: a bare node:http server that makes the same commits with pg and the same payment call,
 * and nothing else: no graph, no identity, no validation, no broker. A process of its own, as the services are.
 *
 * Environment: DATABASE_URL (an empty database), PAYMENT_URL. Says `listening <port>` on stdout.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import pg from 'pg';
import { Pool } from 'undici';

const TABLES = `
  CREATE TABLE orders (id UUID PRIMARY KEY, customer_id TEXT, idempotency_key TEXT, cafe_id TEXT, lines JSONB, total BIGINT,
    status TEXT, payment TEXT, version INT, placed_at TIMESTAMPTZ DEFAULT now(), updated_at TIMESTAMPTZ DEFAULT now(), UNIQUE (customer_id, idempotency_key));
  CREATE TABLE history (order_id UUID, version INT, status TEXT, message TEXT, at TIMESTAMPTZ DEFAULT now(), PRIMARY KEY (order_id, version));
  CREATE TABLE notification (id UUID PRIMARY KEY, order_id UUID, text TEXT, status TEXT);
  CREATE TABLE outbox (position BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, event_id UUID UNIQUE, envelope JSONB, published_at TIMESTAMPTZ);
  CREATE TABLE delivery (order_id UUID PRIMARY KEY, cafe_id TEXT, lines JSONB, total BIGINT, status TEXT, version INT, accept_by TIMESTAMPTZ)`;

const PLACE = `WITH placed AS (
    INSERT INTO orders (id, customer_id, idempotency_key, cafe_id, lines, total, status, payment, version)
    VALUES ($1, $2, $3, '92', $4, 2000, 'PENDING_PAYMENT', 'CHARGING', 1) RETURNING id),
  told AS (INSERT INTO history (order_id, version, status, message) SELECT id, 1, 'PENDING_PAYMENT', 'placed' FROM placed)
  INSERT INTO outbox (event_id, envelope) SELECT $5, $6 FROM placed`;
const PAY = `WITH paid AS (UPDATE orders SET status = 'PLACED', payment = 'CHARGED', version = 2, updated_at = now() WHERE id = $1 AND version = 1 RETURNING id),
  told AS (INSERT INTO history (order_id, version, status, message) SELECT id, 2, 'PLACED', 'paid' FROM paid),
  sms AS (INSERT INTO notification (id, order_id, text, status) SELECT $2, id, 'paid', 'PENDING' FROM paid)
  INSERT INTO outbox (event_id, envelope) SELECT $3, $4 FROM paid`;
const DELIVER = `WITH made AS (INSERT INTO delivery (order_id, cafe_id, lines, total, status, version, accept_by)
    VALUES ($1, '92', $2, 2000, 'ORDER_GET', 1, now() + interval '10 min') RETURNING 1)
  INSERT INTO outbox (event_id, envelope) SELECT $3, $4 FROM made`;

const LINES = JSON.stringify([{ product: 'IceAmericano', qty: 1, unitPrice: 2000 }]);

const database = new pg.Pool({ connectionString: process.env['DATABASE_URL'], max: 10 });
const payment = new Pool(process.env['PAYMENT_URL'] ?? '', { connections: 64 });

async function placeOrder(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { customerId, idempotencyKey } = JSON.parse(Buffer.concat(chunks).toString()) as {
    customerId: string;
    idempotencyKey: string;
  };
  const id = randomUUID();
  const event = (type: string): string =>
    JSON.stringify({ type, aggregateId: id, data: { customerId, lines: LINES, total: 2000 } });
  await database.query({
    name: 'place',
    text: PLACE,
    values: [id, customerId, idempotencyKey, LINES, randomUUID(), event('OrderPlaced')],
  });
  const key = `order:${id}:charge`;
  const charged = await payment.request({
    method: 'POST',
    path: '/charges',
    headers: { 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify({ key, amount: 2000, orderId: id }),
  });
  await charged.body.text();
  if (charged.statusCode !== 200) throw new Error(`payment answered ${charged.statusCode}`);
  await database.query({ name: 'pay', text: PAY, values: [id, randomUUID(), randomUUID(), event('PaymentCompleted')] });
  await database.query({ name: 'deliver', text: DELIVER, values: [id, LINES, randomUUID(), event('DeliveryCreated')] });
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ id, status: 'PLACED' }));
}

await database.query(TABLES);
const server = createServer((request, response) => {
  placeOrder(request, response).catch((error: unknown) => {
    response.writeHead(500).end(String(error));
  });
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`listening ${(server.address() as AddressInfo).port}\n`);
});
process.on('SIGTERM', () => process.exit(0));
