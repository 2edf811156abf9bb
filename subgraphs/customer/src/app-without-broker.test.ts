import { freePort } from '@cafe-for-me/deploy/free-port';
import type { TestDatabase } from '@cafe-for-me/lib/testing/database';
import { until } from '@cafe-for-me/lib/testing/until';
import { callerAt, startBroker, startService } from './testing/process.ts';
import { openReplica, startDatabase, startSimulators } from './testing/service.ts';

let database: TestDatabase;
let simulators: Awaited<ReturnType<typeof startSimulators>>;

beforeAll(async () => {
  [database, simulators] = await Promise.all([startDatabase(), startSimulators()]);
  const replica = openReplica(database.url, simulators);
  await replica.saveCafe();
  await replica.saveMenuItem('IceAmericano', 2000);
  await replica.close();
});
afterAll(async () => {
  await simulators.stop();
  await database.drop();
});

it('The service starts and takes orders while the broker is away; the events flow when it comes', async () => {
  const port = await freePort();
  const natsUrl = `nats://127.0.0.1:${port}`;
  const service = await startService({ ...simulators, databaseUrl: database.url, natsUrl });
  const alice = await callerAt(service.url, { sub: 'alice', role: 'customer' });
  const PLACE = `mutation { placeOrder(input: { idempotencyKey: "k", lines: [{ product: "IceAmericano", qty: 1 }] }) { order { id status } } }`;
  const { data } = await alice.ask(PLACE);
  expect(data).toMatchObject({ placeOrder: { order: { status: 'PLACED' } } });
  expect(await database.query('SELECT 1 FROM outbox_published')).toEqual([]);

  const broker = await startBroker(port);
  await until(async () => (await database.query('SELECT 1 FROM outbox_unpublished')).length === 0);
  const manager = await broker.connection.jetstreamManager();
  const subjects: string[] = [];
  for (const seq of [1, 2]) subjects.push((await manager.streams.getMessage('ORDERS', { seq })).subject);
  expect(subjects).toEqual(['orders.92.OrderPlaced', 'orders.92.PaymentCompleted']);
  await until(() => service.isReady());
  await alice.close();
  await service.stop();
  await broker.stop();
});

it('The service stops in order although the broker was never there', async () => {
  const port = await freePort();
  const natsUrl = `nats://127.0.0.1:${port}`;
  const service = await startService({ ...simulators, databaseUrl: database.url, natsUrl });
  await service.stop();
  await expect(fetch(service.url)).rejects.toThrow();
  // A connection that is still being tried can't be given up, and a process would end with it: here it is made, to be closed.
  const broker = await startBroker(port);
  await (await service.nats).close();
  await broker.stop();
});
