import { bothTransports } from '../testing/both-transports.ts';
import { collect, startRouter, type TestRouter } from '../testing/router.ts';
import { settingsSchema } from '../config/settings.ts';
import { startSubgraphs, type TestSubgraphs } from '../testing/supergraph.ts';

let subgraphs: TestSubgraphs;
let router: TestRouter;

beforeAll(async () => {
  subgraphs = await startSubgraphs();
  const limits = { depth: 4, aliases: 2, rootFields: 3, fields: 12, tokens: 100, cost: { max: 30, listSize: 5 } };
  router = await startRouter(subgraphs.sdl, { settings: settingsSchema.parse({ limits }) });
});
afterAll(async () => {
  await router.stop();
  await subgraphs.stop();
});

const doubling = Array.from(
  { length: 6 },
  (_, index) => `fragment F${index} on User { ...F${index + 1} ...F${index + 1} }`,
).join(' ');

describe.each(bothTransports)('limits over %s', (name, send) => {
  it.each([
    ['depth', '{ users { reviews { author { reviews { author { name } } } } } }', 6, 4],
    ['aliases', '{ a: me { id } b: me { id } c: me { id } }', 3, 2],
    ['rootFields', '{ me { id } badges broken seen { identity } }', 4, 3],
    ['rootFields', '{ me { id } ...Q ...Q ...Q } fragment Q on Query { broken }', 4, 3],
    ['fields', '{ me { id name id name id name id name id name id name } }', 13, 12],
    ['fields', `{ me { ...F0 } } ${doubling} fragment F6 on User { id }`, 65, 12],
    ['tokens', `{ me { id ${'id '.repeat(200)} } }`, 101, 100],
    ['cost', '{ users { reviews { author { id } } } }', 5 * (1 + 5 * 2), 30],
  ])('refuse what is beyond %s, with the number and the limit: %s', async (limit, query, actual, allowed) => {
    const code = `OPERATION_${limit === 'rootFields' ? 'ROOT_FIELDS' : limit.toUpperCase()}_EXCEEDED`;
    const message = expect.stringMatching(new RegExp(`${actual}.* ${allowed} are allowed`));
    for (const _time of [1, 2, 3]) {
      const { errors, data } = await send(router, { query });
      expect(data).toBeUndefined();
      expect(errors).toEqual([expect.objectContaining({ message, extensions: { code, limit, actual, allowed } })]);
    }
  });

  it('let through what is within all of them', async () => {
    const query = '{ a: me { name reviews { text author { id } } } b: badges seen { identity } }';
    expect((await send(router, { query })).errors).toBeUndefined();
  });

  it('hold for subscriptions and mutations', async () => {
    const deep = '{ version user { reviews { author { reviews { id } } } } }';
    for (const query of [
      `subscription { userChanged(id: "1") ${deep} }`,
      'mutation { a: append(text: "a") b: append(text: "b") c: append(text: "c") }',
      'mutation { review(text: "x") { author { reviews { author { reviews { id } } } } } }',
    ]) {
      const { errors } = await send(router, { query });
      expect(errors?.[0]?.extensions['code']).toMatch(/^OPERATION_(DEPTH|ALIASES)_EXCEEDED$/);
    }
    const costly = 'subscription { userChanged(id: "1") { friends { reviews { id } } } }';
    // Over HTTP no subscription gets as far as that.
    const code = name === 'HTTP' ? 'BAD_REQUEST' : 'OPERATION_COST_EXCEEDED';
    expect((await send(router, { query: costly })).errors).toMatchObject([{ extensions: { code } }]);
  });

  it('leave fragments that spread themselves to validation', async () => {
    const query = '{ me { ...A } } fragment A on User { id ...B } fragment B on User { ...A }';
    expect((await send(router, { query })).errors?.[0]?.extensions).toMatchObject({
      code: 'GRAPHQL_VALIDATION_FAILED',
    });
  });

  it('leave what is no GraphQL to the parser', async () => {
    expect((await send(router, { query: '{ me { " } }' })).errors?.[0]?.extensions).toMatchObject({
      code: 'GRAPHQL_PARSE_FAILED',
    });
  });
});

describe('limits', () => {
  it('are answered with status 400, whoever asks for the first or the second time', async () => {
    for (const query of ['{ a: me { id } b: me { id } c: me { id } }', '{ users { reviews { author { id } } } }']) {
      for (const _time of [1, 2]) expect((await router.post(query)).status).toBe(400);
    }
  });

  it('end a socket whose message is too large, and refuse such a body', async () => {
    const narrow = await startRouter(subgraphs.sdl, {
      settings: settingsSchema.parse({ limits: { bodyBytes: 2_000 } }),
    });
    const query = `{ me { id } } # ${'x'.repeat(2_000)}`;
    const { status, body } = await narrow.post(query);
    expect([status, body.errors?.[0]?.extensions['code']]).toEqual([413, 'REQUEST_TOO_LARGE']);
    await expect(collect(narrow.socket().iterate({ query }))).rejects.toMatchObject({ code: 1009 });
    await narrow.stop();
  });

  it('hold brackets together that no reader could follow, whatever the settings say', async () => {
    const unlimited = settingsSchema.parse({ limits: { depth: null, tokens: null, fields: null } });
    const open = await startRouter(subgraphs.sdl, { settings: unlimited });
    const nested = (count: number) => `${'['.repeat(count)}${']'.repeat(count)}`;
    const { status, body } = await open.post(`{ me { id } broken(x: ${nested(20_000)}) }`);
    expect([status, body.errors?.[0]?.extensions['code']]).toEqual([400, 'OPERATION_DEPTH_EXCEEDED']);
    await open.stop();
  });
});
