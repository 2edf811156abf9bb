import { setImmediate } from 'node:timers/promises';
import { defaultSettings } from './config/settings.ts';
import { loadSupergraph } from './supergraph.ts';
import { createTelemetry } from './telemetry/telemetry.ts';
import { collect, startRouter, type TestRouter } from './testing/router.ts';
import { startSubgraph } from './testing/subgraph.ts';
import { alice, bob, compose, startSubgraphs, type TestSubgraphs } from './testing/supergraph.ts';
import { createTopic } from './testing/topic.ts';

let subgraphs: TestSubgraphs;
let router: TestRouter;

beforeAll(async () => {
  subgraphs = await startSubgraphs();
});
afterAll(() => subgraphs.stop());
beforeEach(async () => {
  router = await startRouter(subgraphs.sdl);
});
afterEach(() => router.stop());

/** Another supergraph of the same meaning. */
const again = (mark: number | string) => loadSupergraph(`${subgraphs.sdl}\n# ${mark}\n`);

/** A supergraph in which something of `people` is written differently. */
function changed(from: string, to: string) {
  const { people, reviews, badges } = subgraphs;
  expect(people.sdl).toContain(from);
  const otherPeople = { name: people.name, url: people.url, sdl: people.sdl.replace(from, to) };
  return loadSupergraph(compose([otherPeople, reviews, badges]));
}

const subscribe = 'subscription { userChanged(id: "1") { version user { name badge { label } } } }';
const change = (version: number) => ({ version, user: alice, friends: [] });
const event = (version: number) => ({
  data: { userChanged: { version, user: { name: 'Alice', badge: { label: 'badge of 1' } } } },
});

describe('a reload of the supergraph', () => {
  it('fails no request, however many come while it happens twenty times', async () => {
    let reloading = true;
    let answered = 0;
    async function ask(): Promise<void> {
      while (reloading) {
        const { status, body } = await router.post('{ me { name badge { label } reviews { text } } }');
        expect({ status, body }).toEqual({
          status: 200,
          body: { data: { me: { name: 'Alice', badge: { label: 'badge of 1' }, reviews: [{ text: 'By 1' }] } } },
        });
        answered += 1;
      }
    }
    const asking = Array.from({ length: 4 }, ask);
    for (let count = 1; count <= 20; count += 1) {
      await router.router.serve(again(count));
      const before = answered;
      while (answered < before + 4) await setImmediate();
    }
    reloading = false;
    await Promise.all(asking);
    expect(answered).toBeGreaterThanOrEqual(80);
  });

  it('has planned what was asked for last before anybody asks again', async () => {
    let planned = 0;
    const telemetry = createTelemetry({ metrics: undefined, tracing: undefined, operations: [] });
    function planning() {
      planned += 1;
      return () => undefined;
    }
    const counting = await startRouter(subgraphs.sdl, { telemetry: { ...telemetry, planning } });
    const queries = ['{ me { name } }', '{ users { id } broken }'];
    for (const query of queries) await counting.post(query);
    expect(planned).toBe(2);
    subgraphs.people.requests.length = 0;
    const { people, reviews, badges } = subgraphs;
    const withoutBroken = { name: people.name, url: people.url, sdl: people.sdl.replace(', broken: Int', '') };
    await counting.router.serve(loadSupergraph(compose([withoutBroken, reviews, badges])));
    // What is not valid any more is not planned, and nothing is executed.
    expect([planned, subgraphs.people.requests.length]).toEqual([3, 0]);
    expect((await counting.post(queries[0]!)).body).toEqual({ data: { me: { name: 'Alice' } } });
    expect((await counting.post(queries[1]!)).status).toBe(400);
    expect(planned).toBe(3);
    await counting.stop();
  });

  it('serves what is new, and no longer what is gone', async () => {
    await router.router.serve(changed('broken: Int', 'broken2: Int'));
    expect((await router.post('{ broken }')).body.errors?.[0]?.extensions['code']).toBe('GRAPHQL_VALIDATION_FAILED');
    expect((await router.post('{ __type(name: "Query") { fields { name } } }')).body.data).toMatchObject({
      __type: { fields: expect.arrayContaining([{ name: 'broken2' }]) },
    });
  });

  it('lets a request in flight finish where it began, and closes what only that used afterwards', async () => {
    const gate = createTopic<string>();
    const sdl = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
      type Query { first: Thing }
      type Thing @key(fields: "id") { id: ID! }`;
    const first = await startSubgraph('first', sdl, {
      Query: {
        async first() {
          const [id] = await collect(untilOne(gate.listen()));
          return { id };
        },
      },
    });
    const other = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
      type Query { where: String }
      type Thing @key(fields: "id") { id: ID!  where: String }`;
    const where = (text: string) => ({
      Query: { where: () => text },
      Thing: { __resolveReference: (thing: object) => thing, where: () => text },
    });
    const before = await startSubgraph('second', other, where('before'));
    const after = await startSubgraph('second', other, where('after'));
    const moving = await startRouter(compose([first, before]));

    const inFlight = moving.post('{ first { where } }');
    await gate.listening(1);
    await moving.router.serve(loadSupergraph(compose([first, after])));
    expect((await moving.post('{ where }')).body).toEqual({ data: { where: 'after' } });
    expect(before.requests).toHaveLength(0);
    gate.publish('7');
    // Its second step begins after the reload and goes to the address of its own supergraph.
    expect((await inFlight).body).toEqual({ data: { first: { where: 'before' } } });

    await moving.stop();
    await Promise.all([first.kill(), before.kill(), after.kill()]);
  });

  it('lets a live subscription go on without the client noticing, on the new supergraph', async () => {
    const events = router.socket().iterate({ query: subscribe });
    expect((await events.next()).value).toEqual(event(0));
    const upstreams = subgraphs.people.connections;
    for (let version = 1; version <= 5; version += 1) {
      await router.router.serve(again(version));
      subgraphs.changes.publish(change(version));
      expect((await events.next()).value).toEqual(event(version));
    }
    expect(subgraphs.people.connections).toBe(upstreams);
    expect(router.lines.join('')).toContain('"moved":1,"restarting":0');
    await events.return!();
    await subgraphs.changes.listening(0);
  });

  it('asks the new supergraph for the fields of the following events', async () => {
    const otherBadges = await startSubgraph('badges', subgraphs.badges.sdl, {
      User: { badge: () => ({ label: 'another' }), __resolveReference: (user: object) => user },
      Review: { __resolveReference: (review: object) => review },
    });
    const events = router.socket().iterate({ query: subscribe });
    await events.next();
    await router.router.serve(loadSupergraph(compose([subgraphs.people, subgraphs.reviews, otherBadges])));
    subgraphs.changes.publish(change(1));
    expect((await events.next()).value?.data).toMatchObject({ userChanged: { user: { badge: { label: 'another' } } } });
    await events.return!();
    await subgraphs.changes.listening(0);
    await otherBadges.kill();
  });

  it('ends with 1012 a subscription that the new supergraph does not allow, and no other', async () => {
    const hasty = await startRouter(subgraphs.sdl, {
      settings: { ...defaultSettings, reload: { ...defaultSettings.reload, restartSpreadMs: 0 } },
    });
    let code: unknown;
    const ended = new Promise<void>((resolve) => {
      const leaving = hasty.socket({
        on: {
          closed(event) {
            code = (event as { code: number }).code;
            resolve();
          },
        },
      });
      leaving.subscribe({ query: subscribe }, { next() {}, error() {}, complete() {} });
    });
    const staying = hasty.socket().iterate({ query: 'subscription { unending { version } }' });
    const next = staying.next();
    await subgraphs.changes.listening(2);
    await hasty.router.serve(changed('userChanged(id: ID!)', 'userChanged(id: ID!, since: Int!)'));
    await ended;
    expect(code).toBe(1012);
    await subgraphs.changes.listening(1);
    subgraphs.changes.publish({ version: 9, user: bob, friends: [] });
    expect((await next).value).toEqual({ data: { unending: { version: 9 } } });
    await hasty.stop();
  });
});

async function* untilOne<T>(values: AsyncIterable<T>): AsyncGenerator<T> {
  for await (const value of values) {
    yield value;
    return;
  }
}
