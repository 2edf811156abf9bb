/** A whole system of processes for one test file: three subgraphs, router, simulators, nats-server; databases of its own. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSystem, type System, type SystemOptions } from '@cafe-for-me/deploy/system';
import { createGraph, type Graph } from './graph.ts';
import { customerOf, staffOf } from './operations.ts';

export type Simulator = 'payment' | 'sms' | 'headquarters';
export type Role = 'customer' | 'staff' | 'accountant';

export type CafeOptions = Pick<SystemOptions, 'without' | 'env'>;

/** Starts a system on free ports, using the PostgreSQL server that the test run provides. */
export async function openCafe(options: CafeOptions = {}) {
  const adminUrl = process.env['TEST_POSTGRES_URL'];
  if (adminUrl === undefined) throw new Error('TEST_POSTGRES_URL is not set: run through npm test');
  const dir = await mkdtemp(join(tmpdir(), 'cafe-e2e-'));
  const system: System = await startSystem({ dir, temporary: true, postgres: { adminUrl }, ...options });
  const graphs: Graph[] = [];

  function graphWith(token?: string): Graph {
    const graph = createGraph(system.urls.graph, token);
    graphs.push(graph);
    return graph;
  }
  async function graphAs(role: Role, sub: string, cafes: readonly string[] = []): Promise<Graph> {
    return graphWith(await system.token({ role, sub, ...(role === 'customer' ? {} : { cafes }) }));
  }
  async function simulator<Answer>(name: Simulator, method: string, path: string, body?: unknown): Promise<Answer> {
    const answer = await fetch(`${system.urls[name]}${path}`, {
      method,
      ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${name} answered ${answer.status}: ${await answer.text()}`);
    return (await answer.json()) as Answer;
  }

  return {
    system,
    graphWith,
    graphAs,
    customer: async (sub = 'alice') => customerOf(await graphAs('customer', sub)),
    staff: async (cafeId = '92', sub = `barista-of-${cafeId}`) => staffOf(await graphAs('staff', sub, [cafeId])),
    accountant: (cafeId = '92') => graphAs('accountant', `accountant-of-${cafeId}`, [cafeId]),
    /** Turns a simulator's knobs. */
    turn: (name: Simulator, knobs: Record<string, unknown>) => simulator(name, 'PUT', '/knobs', knobs),
    paymentBook: () => simulator<PaymentBook>('payment', 'GET', '/book'),
    smsInbox: async (to: string) =>
      (await simulator<{ messages: Sms[] }>('sms', 'GET', `/inbox?to=${encodeURIComponent(to)}`)).messages,
    headquartersBook: (cafeId: string, businessDate: string) =>
      simulator<HeadquartersBook>('headquarters', 'GET', `/book?cafeId=${cafeId}&businessDate=${businessDate}`),
    async close(): Promise<void> {
      await Promise.all(graphs.map((graph) => graph.close()));
      await system.stop();
    },
  };
}

export type Cafe = Awaited<ReturnType<typeof openCafe>>;

export interface PaymentBook {
  readonly charges: readonly { readonly key: string; readonly status: string; readonly amount: number }[];
  readonly refunds: readonly { readonly key: string; readonly chargeKey: string; readonly amount: number }[];
  readonly chargeAttempts: Readonly<Record<string, number>>;
  readonly refundAttempts: Readonly<Record<string, number>>;
}

export interface Sms {
  readonly key: string;
  readonly to: string;
  readonly text: string;
}

export interface HeadquartersBook {
  readonly transfers: readonly { readonly revision: number; readonly salesSum: number }[];
  readonly current: readonly {
    readonly revision: number;
    readonly salesSum: number;
    readonly salesQty: number;
    readonly orderCount: number;
  }[];
}
