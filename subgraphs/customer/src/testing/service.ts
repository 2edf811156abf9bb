/** The service's parts over a real database and real simulators, for tests of use cases and adapters. */
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { applyMigrations } from '@cafe-for-me/lib/migrate';
import { createTestDatabase, type TestDatabase } from '@cafe-for-me/lib/testing/database';
import { collectLog } from '@cafe-for-me/lib/testing/log-lines';
import type { AnyEnvelope, Envelope } from '@cafe-for-me/schema/events';
import { createPaymentSimulator } from '@cafe-for-me/simulators/payment';
import { createSmsSimulator } from '@cafe-for-me/simulators/sms';
import { createDeliveriesHandler } from '../adapters/deliveries.ts';
import { createMenus } from '../adapters/menus.ts';
import { createOrderReads } from '../adapters/order-reads.ts';
import { createOrderStore } from '../adapters/order-store.ts';
import { createPaymentQueue } from '../adapters/payment-queue.ts';
import { createPayment } from '../adapters/payment.ts';
import { openPostgres } from '../adapters/postgres.ts';
import { createSmsQueue } from '../adapters/sms-queue.ts';
import { createSms } from '../adapters/sms.ts';
import { createPlaceOrder } from '../application/place-order.ts';
import type { World } from '../application/ports.ts';
import { createRequestCancel } from '../application/request-cancel.ts';
import { createSendSms } from '../application/send-sms.ts';
import { createWorkPayments } from '../application/work-payments.ts';
import type { DeliveryEvent } from '../domain/messages.ts';
import { acceptWithinMs, clock, now } from './fixtures.ts';

export const migrations = fileURLToPath(new URL('../../../../prisma/customer/migrations', import.meta.url));
export const paymentTimeoutMs = 2_000;
const sweepAfterMs = 5_000;

export async function startDatabase(): Promise<TestDatabase> {
  const database = await createTestDatabase({ empty: true });
  await applyMigrations({ databaseUrl: database.url, directory: migrations, log: collectLog().log });
  return database;
}

export interface Book {
  readonly charges: readonly { readonly key: string; readonly status: string; readonly amount: number }[];
  readonly refunds: readonly { readonly key: string; readonly amount: number }[];
  readonly chargeAttempts: Readonly<Record<string, number>>;
  readonly refundAttempts: Readonly<Record<string, number>>;
}

/** Payment and SMS, in this process, over HTTP. */
export async function startSimulators() {
  const payment = await createPaymentSimulator().start(0);
  const sms = await createSmsSimulator().start(0);
  const turn = (url: string) => async (knobs: object) => {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${url}/knobs`, { method: 'PUT', headers, body: JSON.stringify(knobs) });
    if (!answer.ok) throw new Error(await answer.text());
  };
  const get = async <T>(address: string): Promise<T> => (await (await fetch(address)).json()) as T;
  return {
    paymentUrl: payment.url,
    smsUrl: sms.url,
    turnPayment: turn(payment.url),
    turnSms: turn(sms.url),
    book: () => get<Book>(`${payment.url}/book`),
    inbox: async (to: string) =>
      (await get<{ messages: { key: string; text: string }[] }>(`${sms.url}/inbox?to=${encodeURIComponent(to)}`))
        .messages,
    async reset() {
      await Promise.all([payment, sms].map(({ url }) => fetch(`${url}/reset`, { method: 'POST' })));
    },
    async stop() {
      await Promise.all([payment.stop(), sms.stop()]);
    },
  };
}

/** One replica: all use cases on connections of their own; its clock stands until it is moved. */
export function openReplica(databaseUrl: string, urls: { paymentUrl: string; smsUrl: string }) {
  const postgres = openPostgres(databaseUrl, { connections: 4 });
  const { log, lines } = collectLog();
  const time = { now };
  const world: World = {
    now: () => time.now,
    newId: randomUUID,
    traceparent: () => undefined,
    log: (fields, message) => log.info(fields, message),
  };
  const breaker = { threshold: 1_000, halfOpenAfterMs: 1 };
  const payment = createPayment({ url: urls.paymentUrl, timeoutMs: paymentTimeoutMs, log, breaker });
  const sms = createSms({ url: urls.smsUrl, log, timeoutMs: 2_000 });
  let commits = 0;
  const orders = createOrderStore(postgres.client, () => void (commits += 1));
  const queue = createPaymentQueue(postgres.client);
  const smsQueue = createSmsQueue(postgres.client);
  const menus = createMenus(postgres);
  const settling = { orders, queue, world, acceptWithinMs };
  const placing = { ...settling, menus, payment, paymentTimeoutMs, sweepAfterMs };
  const workPayment = createWorkPayments({ ...settling, payment, pauseAfter: () => 1_000 });
  const sendSms = createSendSms({ queue: smsQueue, provider: sms, world, pauseAfter: () => 1_000 });
  const handle = createDeliveriesHandler(world, log);
  const after = (ms: number): Date => new Date(time.now.getTime() + ms);
  let cafeVersion = 0;

  function apply(event: AnyEnvelope): Promise<void> {
    return postgres.transaction((tx) => handle(event, tx));
  }
  function envelope<Name extends AnyEnvelope['type']>(
    type: Name,
    aggregateId: string,
    version: number,
    data: Envelope<Name>['data'],
  ) {
    const head = {
      id: randomUUID(),
      schemaVersion: 1,
      aggregateVersion: version,
      cafeId: '92',
      occurredAt: now.toISOString(),
    };
    return { ...head, aggregateId, type, data } as unknown as AnyEnvelope;
  }

  return {
    time,
    world,
    lines,
    orders,
    queue,
    smsQueue,
    reads: createOrderReads(postgres),
    placing,
    payment,
    commits: () => commits,
    placeOrder: createPlaceOrder(placing),
    requestCancel: createRequestCancel({ orders, world }),
    after,
    apply,
    /** What delivery says of its café, as the next versions. */
    saveCafe: (open = true) =>
      apply(envelope('CafeSaved', 'cafe:92', (cafeVersion += 1), { ...clock, name: 'Gangnam', open })),
    saveMenuItem: (product: string, price: number, available = true) =>
      apply(envelope('MenuItemSaved', 'cafe:92', (cafeVersion += 1), { product, price, available })),
    follow: (orderId: string, step: DeliveryEvent) => apply(envelope(step.type, orderId, 1, step.data)),
    /** Does the payment work that is due `ms` from now; says how many orders there were. */
    async workPayments(ms: number): Promise<number> {
      time.now = after(ms);
      const due = await queue.take(100, time.now, after(10_000));
      await Promise.all(due.map(workPayment));
      return due.length;
    },
    async sendSms(ms = 0): Promise<number> {
      time.now = after(ms);
      const due = await smsQueue.take(100, time.now, after(10_000));
      await sendSms(due);
      return due.length;
    },
    async close() {
      await Promise.all([payment.close(), sms.close(), postgres.close()]);
    },
  };
}

export type Replica = ReturnType<typeof openReplica>;
