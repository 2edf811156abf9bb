/** The customer service's own database: orders, and changes of them as the service itself saves them. */
import { randomUUID } from 'node:crypto';
import { EVENTS, subjectOf, type Envelope, type OrderStatus } from '@cafe-for-me/schema/events';
import pg from 'pg';

/** New orders with their history and events, as the service places them, but many at once and without a menu. */
const PLACE = `WITH
item AS MATERIALIZED (
  SELECT * FROM jsonb_to_recordset($1::jsonb) AS i (id uuid, customer text, at timestamptz, event jsonb)),
placed AS (
  INSERT INTO orders (id, customer_id, cafe_id, idempotency_key, input_hash, lines, total, time_zone, day_cutoff_hour, sms_to,
    status, version, payment_status, placed_at, updated_at)
  SELECT id, customer, '92', id::text, '', '[{"product": "IceAmericano", "qty": 1, "unitPrice": 2000}]', 2000, 'Asia/Seoul', 4,
    '010-0000-0000', 'PENDING_PAYMENT', 1, 'CHARGING', at, at
  FROM item RETURNING id),
told AS (
  INSERT INTO order_history (order_id, version, status, message, at)
  SELECT id, 1, 'PENDING_PAYMENT', 'received, being paid', at FROM item)
SELECT outbox_append(jsonb_agg(event)) FROM item`;

/** The statement of the service's order store: row, history and event of each change, all in one. There is no SMS. */
const SAVE = `WITH
item AS MATERIALIZED (
  SELECT * FROM jsonb_to_recordset($1::jsonb) AS i (
    place int, id uuid, version int, status text, payment text, "failureReason" text, "retryAfterSeconds" int, "acceptBy" timestamptz,
    at timestamptz, "paymentDueAt" timestamptz, attempt int, message text, what text, text text, event jsonb)),
changed AS (
  UPDATE orders o SET status = i.status, version = i.version, payment_status = i.payment, failure_reason = i."failureReason",
    retry_after_seconds = i."retryAfterSeconds", accept_by = i."acceptBy", updated_at = i.at, payment_due_at = i."paymentDueAt",
    payment_attempts = 0
  FROM item i
  WHERE o.id = i.id AND o.version = i.version - 1 AND (i.attempt IS NULL OR o.payment_attempts = i.attempt)
  RETURNING i.*, o.sms_to),
told AS (INSERT INTO order_history (order_id, version, status, message, at) SELECT id, version, status, message, at FROM changed),
sms AS (
  INSERT INTO notification (order_id, version, what, recipient, text, due_at)
  SELECT id, version, what, sms_to, text, at FROM changed WHERE what IS NOT NULL),
appended AS (SELECT outbox_append(jsonb_agg(event)) FROM changed)
SELECT changed.place FROM changed, appended`;

export interface OrderOfBench {
  readonly id: string;
  readonly customerId: string;
}

export interface OrdersStore {
  readonly orders: readonly OrderOfBench[];
  /** Saves the given version of each order, all in one transaction, and wakes the relay as another replica would. */
  save(changes: readonly { readonly order: number; readonly version: number }[]): Promise<void>;
  close(): Promise<void>;
}

const CONNECTIONS = 8;
const PLACED_AT_ONCE = 500;

/** Places an order for each of so many customers. */
export async function openOrdersStore(databaseUrl: string, count: number): Promise<OrdersStore> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: CONNECTIONS });
  const bell = new pg.Client({ connectionString: databaseUrl });
  // A connection that is still closing when its server ends has nothing more to say.
  pool.on('error', () => undefined);
  bell.on('error', () => undefined);
  await bell.connect();
  const orders = Array.from({ length: count }, (_, order) => ({ id: randomUUID(), customerId: `customer-${order}` }));
  for (let at = 0; at < count; at += PLACED_AT_ONCE) {
    await pool.query(PLACE, [JSON.stringify(orders.slice(at, at + PLACED_AT_ONCE).map(placed))]);
  }
  await bell.query('NOTIFY outbox');

  let ringing: Promise<unknown> | undefined;
  let again = false;
  /** One at a time; what comes meanwhile is told by the next. */
  async function ring(): Promise<void> {
    again = true;
    if (ringing !== undefined) return;
    while (again) {
      again = false;
      ringing = bell.query('NOTIFY outbox');
      await ringing;
    }
    ringing = undefined;
  }

  return {
    orders,
    async save(changes) {
      const items = changes.map(({ order, version }, place) => saved(orders[order]!, version, place));
      const { rowCount } = await pool.query({ name: 'save', text: SAVE, values: [JSON.stringify(items)] });
      if (rowCount !== changes.length) throw new Error(`Of ${changes.length} changes ${rowCount} were saved.`);
      void ring();
    },
    async close() {
      await ringing;
      await Promise.all([pool.end(), bell.end()]);
    },
  };
}

function placed({ id, customerId }: OrderOfBench) {
  const event: Envelope<'OrderPlaced'> = {
    ...enveloped('OrderPlaced', id, 1),
    data: {
      customerId,
      status: 'PENDING_PAYMENT',
      lines: [{ product: 'IceAmericano', qty: 1, unitPrice: 2000 }],
      total: 2000,
      message: 'received, being paid',
    },
  };
  return { id, customer: customerId, at: event.occurredAt, event: { subject: subjectOf(event), envelope: event } };
}

/** Paid, and from then on accepted and ready by turns: the feed takes any status. */
function statusOf(version: number): OrderStatus {
  if (version === 2) return 'PLACED';
  return version % 2 === 1 ? 'ACCEPTED' : 'READY';
}

function saved({ id, customerId }: OrderOfBench, version: number, place: number) {
  const status = statusOf(version);
  const message = `accepted: your number is ${version}`;
  const event: Envelope<'OrderStatusChanged'> = {
    ...enveloped('OrderStatusChanged', id, version),
    data: { customerId, status, cause: 'OrderReceived', message },
  };
  const at = event.occurredAt;
  const acceptBy = status === 'PLACED' ? new Date(Date.now() + 600_000).toISOString() : null;
  return {
    place,
    id,
    version,
    status,
    payment: 'CHARGED',
    acceptBy,
    at,
    message,
    event: { subject: subjectOf(event), envelope: event },
  };
}

function enveloped<Name extends 'OrderPlaced' | 'OrderStatusChanged'>(type: Name, id: string, version: number) {
  const { schemaVersion } = EVENTS[type];
  const occurredAt = new Date().toISOString();
  return {
    id: randomUUID(),
    type,
    schemaVersion,
    aggregateId: id,
    aggregateVersion: version,
    cafeId: '92',
    occurredAt,
  };
}
