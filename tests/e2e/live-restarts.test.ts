import { randomUUID } from 'node:crypto';
import { signIdentity } from '@cafe-for-me/lib/router-identity';
import { openCafe, type Cafe } from '../harness/cafe.ts';
import { eventually } from '../harness/eventually.ts';
import { followLive, type Followed } from '../harness/follow-live.ts';
import { changeIn, LIVE, wrongIn, type LiveEvent, type LiveField } from '../harness/live-operations.ts';
import { staffMutation, type StaffCommand } from '../harness/operations.ts';
import { TRANSPORTS } from '../harness/live-transports.ts';

const ROUTER_KEY = 'a key that the router and the subgraphs share, for this test';
const key = { ROUTER_KEY };
let cafe: Cafe;
beforeAll(async () => {
  cafe = await openCafe({ env: { router: key, customer: key, delivery: key, accounting: key } });
}, 90_000);
afterAll(() => cafe.close());

/** A command of the staff that does not need the router. */
async function actAtOnce(command: StaffCommand, orderId: string): Promise<void> {
  const identity = await signIdentity(ROUTER_KEY, { sub: 'barista', role: 'staff', cafes: ['92'] });
  const answer = await fetch(`${cafe.system.urls.delivery}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-router-identity': identity },
    body: JSON.stringify({
      query: staffMutation(command),
      variables: { input: { idempotencyKey: randomUUID(), orderId } },
    }),
  });
  const { data } = (await answer.json()) as { data?: Record<string, { userErrors: unknown[] }> };
  if (data?.[command]?.userErrors.length !== 0) throw new Error(`${command}: ${JSON.stringify(data)}`);
}

/** Twelve followers: each subscription over each transport. */
async function followAll(sub: string, orderId: string) {
  const { system } = cafe;
  const people = {
    orderStatusChanged: [await system.token({ role: 'customer', sub }), { id: orderId }],
    myOrdersChanged: [await system.token({ role: 'customer', sub }), {}],
    deliveriesChanged: [await system.token({ role: 'staff', sub: 'barista', cafes: ['92'] }), { cafeId: '92' }],
    accountingChanged: [await system.token({ role: 'accountant', sub: 'books', cafes: ['92'] }), { cafeId: '92' }],
  } as const satisfies Record<LiveField, readonly [string, object]>;
  const followers = TRANSPORTS.flatMap((transport) =>
    (Object.keys(people) as LiveField[]).map((field) => ({
      name: `${field} over ${transport}`,
      field,
      live: followLive<LiveEvent>(transport, {
        url: system.urls.graph,
        token: () => Promise.resolve(people[field][0]),
        query: LIVE[field],
        variables: people[field][1],
      }),
    })),
  );
  const isIn = (event: LiveEvent): boolean => [undefined, orderId].includes(changeIn(event).orderId);
  await Promise.all(followers.map(({ live }) => live.until(isIn)));
  return followers;
}

type Followers = Awaited<ReturnType<typeof followAll>>;

/** Waits until all know the order as it is: ready, its sale in the books. */
async function untilReady(followers: Followers, orderId: string, sales: number): Promise<void> {
  await Promise.all(
    followers.map(({ live }) =>
      live.until((event) => {
        const { orderId: id, status, orderCount = 0 } = changeIn(event);
        return (id === orderId && status === 'READY') || orderCount >= sales;
      }, 60_000),
    ),
  );
}

async function salesOf(followed: Followers): Promise<number> {
  const live = followed.find(({ field }) => field === 'accountingChanged')?.live as Followed<LiveEvent>;
  return changeIn(await live.until(() => true)).orderCount ?? 0;
}

function expectWhole(followers: Followers, outcomes: readonly string[][]): void {
  for (const { name, live } of followers) {
    expect([name, wrongIn(live.events), live.errors]).toEqual([name, [], []]);
    expect(outcomes.map((outcome) => [name, outcome])).toContainEqual([name, live.resumed]);
  }
}

describe('every subscription over every transport', () => {
  it.each(['killed', 'stopped in order'] as const)(
    'misses and repeats nothing over a router that is %s',
    async (how) => {
      const customer = await cafe.customer(how);
      const order = await customer.paidOrder();
      const followers = await followAll(how, order.id);
      const sales = await salesOf(followers);
      const router = cafe.system.process('router');
      await (how === 'killed' ? router.kill() : router.stop());
      await eventually(
        () => actAtOnce('acceptOrder', order.id),
        () => true,
      );
      await actAtOnce('markReady', order.id);
      await router.start();
      await untilReady(followers, order.id, sales + 1);
      // Whoever had not been told anything had no token yet to come back with.
      expectWhole(followers, [['exact']]);
      await Promise.all(followers.map(({ live }) => live.stop()));
    },
    120_000,
  );

  it.each(['customer', 'delivery', 'accounting'] as const)(
    'does not see that the %s subgraph was killed and came back',
    async (name) => {
      const customer = await cafe.customer(name);
      const staff = await cafe.staff();
      const order = await customer.paidOrder();
      const followers = await followAll(name, order.id);
      const sales = await salesOf(followers);
      await eventually(
        () => staff.act('acceptOrder', order.id),
        ({ userErrors }) => userErrors.length === 0,
      );
      const service = cafe.system.process(name);
      await service.kill();
      if (name !== 'delivery') await staff.act('markReady', order.id);
      await service.start();
      if (name === 'delivery') await staff.act('markReady', order.id);
      await untilReady(followers, order.id, sales + 1);
      for (const { name: who, live } of followers) {
        // Another subgraph's fields may be blank for a moment.
        expect([who, wrongIn(live.events), live.resumed]).toEqual([who, [], []]);
      }
      await Promise.all(followers.map(({ live }) => live.stop()));
    },
    120_000,
  );
});
