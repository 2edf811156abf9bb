/**
 * `npm run bench -- orders`: the seed's load, 100 users placing orders as fast as they are answered, through the router, to
 * the café's inbox; beside the floor of orders-floor.ts in the same run, measured before and after.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { localDir, root } from '@cafe-for-me/deploy/paths';
import { startPostgres } from '@cafe-for-me/deploy/postgres';
import { startSystem } from '@cafe-for-me/deploy/system';
import pg from 'pg';
import { perUnit, processorTime } from './cpu.ts';
import { load, type LoadReport } from './load.ts';
import { saveResult } from './results.ts';

/** Orders per second of the 2020 implementation, of the seed's siege run. */
const SEED_PER_SECOND = 107.63;
const USERS = 100;
/** The processes whose time is told. */
const PARTS = ['router', 'customer', 'delivery', 'accounting', 'payment', 'sms', 'nats'] as const;
/** Lets JIT and connection pools settle before anything is counted. */
const WARM_UP_SECONDS = 5;

const PLACE_ORDER = `mutation PlaceOrder($input: PlaceOrderInput!) {
  placeOrder(input: $input) { order { id status total version } userErrors { code message } }
}`;

export interface OrdersOptions {
  readonly seconds: number;
  readonly json: boolean;
  readonly save: boolean;
}

/** Runs the benchmark and prints its report. @returns whether no order failed */
export async function benchOrders(options: OrdersOptions, write: (line: string) => void): Promise<boolean> {
  const dir = join(localDir, `bench-${process.pid}`);
  await mkdir(dir, { recursive: true });
  write('starting PostgreSQL (durable, as npm start has it) and the system');
  const postgres = await startPostgres({ dataDir: join(dir, 'postgres') });
  try {
    const system = await startSystem({ dir, postgres: { adminUrl: postgres.adminUrl } });
    const floor = await startFloor(await postgres.createDatabase('floor'), system.urls.payment);
    try {
      const tokens = await Promise.all(
        Array.from({ length: USERS }, (_, user) => system.token({ role: 'customer', sub: `user-${user}` })),
      );
      const floorLoad = (seconds: number): Promise<LoadReport> =>
        load({
          origin: floor.origin,
          path: '/',
          users: USERS,
          seconds,
          request: (user) => ({
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({ customerId: `user-${user}`, idempotencyKey: randomUUID() }),
          }),
          succeeded: (status) => status === 200,
        });
      const ordersLoad = (seconds: number): Promise<LoadReport> =>
        load({
          origin: new URL(system.urls.graph).origin,
          path: '/graphql',
          users: USERS,
          seconds,
          request: (user) => ({
            headers: { 'content-type': 'application/json', authorization: `Bearer ${tokens[user]}` },
            body: JSON.stringify({
              query: PLACE_ORDER,
              variables: { input: { idempotencyKey: randomUUID(), lines: [{ product: 'IceAmericano', qty: 1 }] } },
            }),
          }),
          succeeded: (status, body) => status === 200 && body.includes('"status":"PLACED"'),
        });

      write(`warming up (${WARM_UP_SECONDS} s each)`);
      await floorLoad(WARM_UP_SECONDS);
      await ordersLoad(WARM_UP_SECONDS);
      const inbox = await inboxCounter(postgres.adminUrl, system.databaseName('delivery'));
      try {
        await inbox.settled();
        const floorSeconds = Math.max(5, Math.round(options.seconds / 4));
        write(`floor, ${floorSeconds} s`);
        const floorBefore = await floorLoad(floorSeconds);
        write(`orders through the router to the café's inbox, ${options.seconds} s`);
        const before = await inbox.count();
        const pids: Record<string, number> = { postgres: postgres.pid, 'load generator': process.pid };
        for (const name of PARTS) pids[name] = system.process(name).pid() ?? 0;
        const cpuBefore = await processorTime(pids);
        const orders = await ordersLoad(options.seconds);
        const arrived = await inbox.settled(before + orders.answered);
        const cpu = perUnit(cpuBefore, await processorTime(pids), orders.answered);
        const tillInbox = (performance.now() - orders.startedAt) / 1000;
        write(`floor again, ${floorSeconds} s`);
        const floorAfter = await floorLoad(floorSeconds);
        return await report(options, write, {
          orders,
          tillInbox,
          lost: before + orders.answered - arrived,
          floors: [floorBefore, floorAfter],
          cpu,
        });
      } finally {
        await inbox.close();
      }
    } finally {
      floor.stop();
      await system.stop();
    }
  } finally {
    await postgres.stop();
    await rm(dir, { recursive: true, force: true });
  }
}

interface Measured {
  readonly orders: LoadReport;
  /** Seconds from the first request until the last order was in the café's inbox. */
  readonly tillInbox: number;
  /** Orders that were answered as paid but did not reach the inbox. */
  readonly lost: number;
  readonly floors: readonly LoadReport[];
  /** Milliseconds of processor time per order, by process. */
  readonly cpu: readonly [string, number][];
}

async function report(options: OrdersOptions, write: (line: string) => void, measured: Measured): Promise<boolean> {
  const { orders, tillInbox, lost, floors, cpu } = measured;
  const failed = orders.failed + lost;
  const perSecond = round(orders.answered / tillInbox);
  const floorPerSecond = round(floors.reduce((sum, each) => sum + each.answered / each.seconds, 0) / floors.length);
  const summary = {
    perSecond,
    failed,
    xSeed: round(perSecond / SEED_PER_SECOND),
    toFloor: Math.round((perSecond / floorPerSecond) * 1000) / 1000,
  };
  const row = (name: string, rate: number, each: LoadReport): string =>
    [name.padEnd(28), rate.toFixed(1), each.mean, each.p50, each.p99, each.longest, each.failed].join('\t');
  write('');
  write(['what'.padEnd(28), 'orders/s', 'mean ms', 'p50 ms', 'p99 ms', 'longest', 'failed'].join('\t'));
  write(row("router → café's inbox", perSecond, orders));
  for (const each of floors) write(row('floor: node:http, pg, payment', each.answered / each.seconds, each));
  write(`the seed's 2020 run                ${SEED_PER_SECOND}\t430\t\t\t2440\t0`);
  write('');
  write(
    `answered ${orders.answered} in ${orders.seconds.toFixed(1)} s; the last was in the café's inbox after ${tillInbox.toFixed(1)} s; lost ${lost}`,
  );
  write(`${summary.xSeed} × the seed, ${summary.toFloor} of the floor`);
  write(`processor time per order, ms: ${cpu.map(([name, ms]) => `${name} ${ms.toFixed(2)}`).join(', ')}`);
  if (orders.firstFailure !== undefined) write(`first failure: ${orders.firstFailure}`);
  if (options.save) {
    const { answered, mean, p50, p99, longest } = orders;
    const file = await saveResult(root, 'orders', {
      ...summary,
      seconds: options.seconds,
      users: USERS,
      answered,
      mean,
      p50,
      p99,
      longest,
      floorPerSecond,
    });
    write(`written to ${file}`);
  }
  if (options.json) write(JSON.stringify(summary));
  return failed === 0;
}

async function startFloor(databaseUrl: string, paymentUrl: string): Promise<{ origin: string; stop(): void }> {
  const child: ChildProcess = spawn(process.execPath, [fileURLToPath(new URL('./orders-floor.js', import.meta.url))], {
    env: { ...process.env, DATABASE_URL: databaseUrl, PAYMENT_URL: paymentUrl },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const port = await new Promise<string>((resolve, reject) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      const listening = /listening (\d+)/.exec(chunk.toString());
      if (listening?.[1] !== undefined) resolve(listening[1]);
    });
    child.once('exit', (code) => reject(new Error(`the floor ended with exit code ${code}`)));
  });
  return { origin: `http://127.0.0.1:${port}`, stop: () => child.kill('SIGTERM') };
}

/** Counts the deliveries of café 92 in the delivery service's own database, as the staff's page would list them. */
async function inboxCounter(adminUrl: string, database: string) {
  const url = new URL(adminUrl);
  url.pathname = `/${database}`;
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  async function count(): Promise<number> {
    const { rows } = await client.query<{ count: string }>('SELECT count(*) FROM delivery');
    return Number(rows[0]?.count);
  }
  return {
    count,
    /** Waits until `expected` are there, or nothing more comes for 5 s. */
    async settled(expected = Number.POSITIVE_INFINITY): Promise<number> {
      let last = await count();
      let quietSince = performance.now();
      while (last < expected && performance.now() - quietSince < 5000) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        const now = await count();
        if (now !== last) quietSince = performance.now();
        last = now;
      }
      return last;
    },
    close: () => client.end(),
  };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
