import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { z } from 'zod';
import type { GrantPolicies } from './authorization-grants.ts';
import { authorizationSettings } from './authorization-settings.ts';
import type { Claims } from './claims.ts';
import { defaultSettings, settingsSchema } from '../config/settings.ts';
import { startProtected, type Protected } from '../testing/protected.ts';
import { collect, startRouter, type Answer, type AnyData, type TestRouter } from '../testing/router.ts';
import { createTokens } from '../testing/tokens.ts';
import { loadSupergraph } from '../supergraph.ts';

type Body = Answer['body'];

let plain: TestRouter;
let subgraphs: Protected;
let tokens: Awaited<ReturnType<typeof createTokens>>;
const routers: TestRouter[] = [];

beforeAll(async () => {
  [subgraphs, tokens] = await Promise.all([startProtected(), createTokens()]);
  plain = await startRouter(subgraphs.sdl, { identityOptions: { tokens: tokens.settings } });
});
afterEach(async () => {
  await Promise.all(routers.splice(0).map((router) => router.stop()));
  subgraphs.asked();
});
afterAll(async () => {
  await plain.stop();
  await subgraphs.stop();
  await tokens.remove();
});

/** With the default settings it is one for many tests. */
async function start(settings?: z.input<typeof authorizationSettings>, grantPolicies?: GrantPolicies) {
  if (settings === undefined) return plain;
  const router = await startRouter(subgraphs.sdl, {
    identityOptions: { tokens: tokens.settings },
    settings: { ...defaultSettings, authorization: authorizationSettings.parse(settings) },
    ...(grantPolicies && { grantPolicies }),
  });
  routers.push(router);
  return router;
}

const code = 'UNAUTHORIZED_FIELD_OR_TYPE';
const paths = ({ errors = [] }: Body) =>
  errors.map(({ path, extensions }) => {
    expect(extensions['code']).toBe(code);
    return path?.join('.');
  });

/** Sends an operation with a token of these claims, or without one. */
type Ask = (router: TestRouter, query: string, claims?: Claims, variables?: object) => Promise<Body>;

async function authorization(claims: Claims | undefined): Promise<{ authorization?: string }> {
  return claims === undefined ? {} : { authorization: `Bearer ${await tokens.sign(claims)}` };
}

const overHttp: Ask = async (router, query, claims, variables = {}) => {
  const { body } = await router.post(query, { variables, headers: await authorization(claims) });
  return body;
};

const overGet: Ask = async (router, query, claims, variables = {}) => {
  const search = new URLSearchParams({ query, variables: JSON.stringify(variables) });
  const headers = { ...(await authorization(claims)), 'apollo-require-preflight': '1' };
  return (await (await fetch(`${router.url}?${search.toString()}`, { headers })).json()) as Body;
};

const overSocket: Ask = async (router, query, claims, variables = {}) => {
  const client = router.socket({ connectionParams: await authorization(claims) });
  try {
    const [result] = await collect(client.iterate<AnyData>({ query, variables: variables as Claims }));
    return result as Body;
  } catch (errors) {
    return { errors: errors as NonNullable<Body['errors']> };
  }
};

describe.each([
  ['a POST request', overHttp],
  ['a GET request', overGet],
  ['a socket', overSocket],
])('what a caller may not have, asked for over %s,', (_transport, ask) => {
  it('is null, with an error that says where, and is not asked for', async () => {
    const router = await start();
    const body = await ask(router, '{ open me { id name } kind }');
    expect(body.data).toEqual({ open: 1, me: { id: 'u1', name: null }, kind: null });
    expect(paths(body)).toEqual(['me.name', 'kind']);
    expect(subgraphs.asked()).not.toMatch(/name|kind/);
  });

  it('is answered to a caller who has a token', async () => {
    const router = await start();
    const { data, errors } = await ask(router, '{ me { name orders } kind }', {});
    expect(data).toEqual({ me: { name: 'Alice', orders: ['o1'] }, kind: 'SMALL' });
    expect(errors).toBeUndefined();
  });

  it.each([
    [{ scope: 'email' }, true],
    [{ scope: 'admin other pii' }, true],
    [{ scope: ['pii', 'admin'] }, true],
    [{ scope: 'admin' }, false],
    [{ scope: 'e-mail emails' }, false],
    [{ scope: { email: true } }, false],
    [{ scopes: 'email' }, false],
    [{}, false],
    [undefined, false],
  ])('is decided by the scopes of %j: %s', async (claims, allowed) => {
    const router = await start();
    const body = await ask(router, '{ me { id email } }', claims);
    // The address may not be null, so without it there is no user.
    expect(body.data).toEqual({ me: allowed ? { id: 'u1', email: 'alice@example.org' } : null });
    expect(paths(body)).toEqual(allowed ? [] : ['me.email']);
    expect(subgraphs.asked().includes('email')).toBe(allowed);
  });

  it('is decided for each request anew, whoever sent the same text before', async () => {
    const router = await start();
    for (let round = 0; round < 3; round += 1) {
      const [anonymous, reader, buyer] = await Promise.all([
        ask(router, '{ products { id cost stock } }'),
        ask(router, '{ products { id cost stock } }', {}),
        ask(router, '{ products { id cost stock } }', { scope: 'cost' }),
      ]);
      expect(anonymous.data).toBeNull();
      expect(reader.data.products[1]).toEqual({ id: 'p2', cost: null, stock: 5 });
      expect(buyer).toEqual({
        data: {
          products: [
            { id: 'p1', cost: 3, stock: 5 },
            { id: 'p2', cost: 4, stock: 5 },
          ],
        },
      });
    }
  });

  it('is told for each item of a list, and by the list when it has none', async () => {
    const router = await start();
    const body = await ask(router, '{ products { title c: cost } none { cost } nobody { name } }', {});
    expect(body.data).toEqual({
      products: [
        { title: 'Tea', c: null },
        { title: 'Cake', c: null },
      ],
      none: [],
      nobody: null,
    });
    expect(paths(body)).toEqual(['products.0.c', 'products.1.c', 'none']);
    expect(paths(await ask(router, '{ nobody { name } }'))).toEqual(['nobody.name']);
  });

  it('is not asked for of another subgraph, neither by itself nor for what is computed from it', async () => {
    const router = await start();
    const body = await ask(router, '{ products { title price shelf } }', {});
    expect(body.data.products[0]).toEqual({ title: 'Tea', price: null, shelf: 'shelf of p1' });
    expect(paths(body)).toEqual(['products.0.price', 'products.1.price']);
    expect(subgraphs.asked()).not.toMatch(/cost|price/);
    const buyer = await ask(router, '{ products { title price } }', { scope: 'cost' });
    expect(buyer.data.products[0]).toEqual({ title: 'Tea', price: 6 });
  });

  it('leaves no fetch to a subgraph that has nothing else to say', async () => {
    const router = await start();
    const body = await ask(router, '{ me { id orders } }');
    expect(body.data).toEqual({ me: { id: 'u1', orders: null } });
    expect(subgraphs.stock.requests).toEqual([]);
  });

  it('is found in fragments, named and inline, and under aliases', async () => {
    const router = await start();
    const body = await ask(
      router,
      `query { ...Q } fragment Q on Query { me { ...U ... on User { n: name } } } fragment U on User { id mail: name }`,
    );
    expect(body.data).toEqual({ me: { id: 'u1', mail: null, n: null } });
    expect(paths(body)).toEqual(['me.mail', 'me.n']);
  });

  it('may have a name that objects have by themselves', async () => {
    const router = await start();
    const body = await ask(router, '{ me { __proto__: name constructor: id } }');
    expect(JSON.stringify(body.data)).toBe('{"me":{"__proto__":null,"constructor":"u1"}}');
    expect(paths(body)).toEqual(['me.__proto__']);
  });

  it('counts only where @skip and @include let it be selected', async () => {
    const router = await start();
    const query = 'query($with: Boolean = true) { me { id name @include(if: $with) } kind @skip(if: $with) }';
    const without = await ask(router, query, undefined, { with: false });
    expect(without.data).toEqual({ me: { id: 'u1' }, kind: null });
    expect(paths(without)).toEqual(['kind']);
    const body = await ask(router, query);
    expect(body.data).toEqual({ me: { id: 'u1', name: null } });
    expect(paths(body)).toEqual(['me.name']);
  });

  it('leaves no trace where nothing of it is selected', async () => {
    const router = await start();
    const query =
      'query($with: Boolean!) { things { ... on Product { title } ... on User { name @include(if: $with) } } }';
    for (let round = 0; round < 3; round += 1) {
      const body = await ask(router, query, undefined, { with: false });
      expect(body).toEqual({ data: { things: [{ title: 'Tea' }, {}, {}] } });
    }
  });

  it('is told by type in a union', async () => {
    const router = await start();
    const query =
      '{ things { __typename ... on Product { title } ... on User { id name } ... on Memo { id secret } } }';
    const body = await ask(router, query);
    expect(body.data.things).toEqual([
      { __typename: 'Product', title: 'Tea' },
      { __typename: 'User', id: 'u1', name: null },
      { __typename: 'Memo', id: 'm1', secret: null },
    ]);
    expect(paths(body)).toEqual(['things.1.name', 'things.2.secret']);
  });

  it('includes an interface’s field that one of its types asks something for, and not the other types’ own', async () => {
    const router = await start();
    const body = await ask(router, '{ nodes { id label ... on Note { own: label } ... on Memo { own: label } } }', {});
    expect(body.data.nodes).toEqual([
      { id: 'n1', label: null, own: 'a note' },
      { id: 'm1', label: null, own: null },
    ]);
    expect(paths(body)).toEqual(['nodes.0.label', 'nodes.1.label', 'nodes.1.own']);
    expect((await ask(router, '{ nodes { label } }', { scope: 'memo' })).data.nodes).toEqual([
      { label: 'a note' },
      { label: 'a memo' },
    ]);
  });

  it('includes a field of an interface object', async () => {
    const router = await start();
    const query = '{ nodes { id likes hearts ... on Memo { h: hearts } } }';
    const body = await ask(router, query);
    expect(body.data.nodes).toEqual([
      { id: 'n1', likes: 2, hearts: null },
      { id: 'm1', likes: 2, hearts: null, h: null },
    ]);
    expect(subgraphs.asked()).not.toContain('hearts');
    expect((await ask(router, query, {})).data.nodes[1]).toEqual({ id: 'm1', likes: 2, hearts: 9, h: 9 });
  });

  it('ends the whole answer at once when it is a field of the root that may not be null', async () => {
    const router = await start();
    const body = await ask(router, '{ open boss { id } }', {});
    expect(body.data).toBeNull();
    expect(paths(body)).toEqual(['boss']);
    expect(subgraphs.asked()).toBe('');
  });

  it('are neither the schema nor the names of types', async () => {
    const router = await start();
    const body = await ask(router, '{ __typename kind __schema { queryType { name } } me { __typename name } }');
    expect(body.data).toEqual({
      __typename: 'Query',
      kind: null,
      __schema: { queryType: { name: 'Query' } },
      me: { __typename: 'User', name: null },
    });
  });

  it('is decided by policies that a claim lists, if a setting names the claim', async () => {
    const router = await start({ policiesClaim: 'policies' });
    const report = async (claims?: Claims) => (await ask(router, '{ report }', claims)).data.report;
    expect(await report({ policies: ['auditor'] })).toBe(7);
    expect(await report({ policies: 'manager insider' })).toBe(7);
    expect(await report({ policies: ['manager'] })).toBeNull();
    expect(await report()).toBeNull();
    const other = await start();
    expect(paths(await ask(other, '{ report }', { policies: ['auditor'] }))).toEqual(['report']);
  });

  it('is decided by policies that are asked for, together with those of the claim', async () => {
    const asked: unknown[] = [];
    const router = await start({ policiesClaim: 'policies' }, (policies, { caller }) => {
      asked.push(policies);
      return Promise.resolve(caller.claims?.['sub'] === 'bob' ? ['insider', 'unheard-of'] : []);
    });
    const report = async (claims?: Claims) => (await ask(router, '{ report }', claims)).data.report;
    expect(await report({ sub: 'bob', policies: 'manager' })).toBe(7);
    expect(await report({ sub: 'bob' })).toBeNull();
    expect(await report({ sub: 'alice', policies: 'manager' })).toBeNull();
    expect(await report()).toBeNull();
    expect(asked).toEqual(Array.from({ length: 4 }, () => ['auditor', 'insider', 'manager']));
    // Nothing is asked when the claim is enough, or nothing needs a policy.
    await report({ policies: 'auditor' });
    await ask(router, '{ me { name } }');
    expect(asked).toHaveLength(4);
  });

  it('is denied when policies can’t be asked for', async () => {
    const router = await start({}, () => Promise.reject(new Error('no connection')));
    const body = await ask(router, '{ open report }', {});
    expect(body.data).toEqual({ open: 1, report: null });
    expect(paths(body)).toEqual(['report']);
    expect(router.lines.join('')).toContain('no connection');
  });

  it('has the whole operation refused, if a setting wants that', async () => {
    const router = await start({ rejectUnauthorized: true });
    const query = 'query($with: Boolean!) { open products { cost @include(if: $with) stock } }';
    const body = await ask(router, query, {}, { with: true });
    expect(body.data).toBeUndefined();
    expect(paths(body)).toEqual(['products']);
    expect(subgraphs.asked()).toBe('');
    expect((await ask(router, query, {}, { with: false })).data.open).toBe(1);
    expect((await ask(router, query, { scope: 'cost' }, { with: true })).errors).toBeUndefined();
  });

  it('is logged, if a setting wants that', async () => {
    const router = await start({ logDenied: true });
    await ask(router, 'query Mine { me { name } products { cost } }');
    const [line] = router.lines
      .filter((one) => one.includes('fields were denied'))
      .map((one) => JSON.parse(one) as object);
    expect(line).toMatchObject({ level: 'info', operation: 'Mine', denied: ['me.name', 'products'], count: 2 });
    await ask(router, '{ me { name } }', {});
    expect(router.lines.filter((one) => one.includes('fields were denied'))).toHaveLength(1);
  });

  it('doesn’t hide what is wrong with variables', async () => {
    const router = await start();
    const query = 'query($with: Boolean!) { me { name @include(if: $with) } kind }';
    const [denied, allowed] = [await ask(router, query), await ask(router, query, {})];
    expect(denied.data).toBeUndefined();
    expect(denied.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
    expect(denied).toEqual(allowed);
  });

  it('stands beside what subgraphs fail in', async () => {
    const router = await start();
    subgraphs.stock.mode = 'html';
    try {
      const { data, errors } = await ask(router, '{ products { title cost shelf } }', {});
      expect(data.products[0]).toEqual({ title: 'Tea', cost: null, shelf: null });
      expect(errors?.map(({ extensions }) => extensions['code']).toSorted()).toEqual(['SUBREQUEST_FAILED', code, code]);
    } finally {
      subgraphs.stock.mode = 'ok';
    }
  });
});

describe('an operation that is refused for what it asks for', () => {
  it('is answered with status 403, and without data', async () => {
    const router = await start({ rejectUnauthorized: true });
    for (let round = 0; round < 2; round += 1) {
      const { status, body } = await router.post('{ open me { name } kind }');
      expect(status).toBe(403);
      expect(body).not.toHaveProperty('data');
      expect(paths(body)).toEqual(['me.name', 'kind']);
    }
  });
});

describe.each([
  ['a POST request', overHttp],
  ['a socket', overSocket],
])('a mutation over %s', (_transport, ask) => {
  beforeEach(() => subgraphs.texts.splice(0));

  it('does not run where it is denied, and runs beside that', async () => {
    const router = await start();
    const query = 'mutation { one: add(text: "a") remove(text: "a") two: add(text: "b") }';
    const body = await ask(router, query, {});
    expect(body.data).toEqual({ one: ['a'], remove: null, two: ['a', 'b'] });
    expect(paths(body)).toEqual(['remove']);
    expect(subgraphs.texts).toEqual(['a', 'b']);
    expect((await ask(router, query, { scope: 'write' })).data.remove).toEqual(['b', 'a']);
  });

  it('does not run at all when its answer could be nothing but null', async () => {
    const router = await start();
    const body = await ask(router, 'mutation { add(text: "a") wipe }', {});
    expect(body.data).toBeNull();
    expect(paths(body)).toEqual(['wipe']);
    expect(subgraphs.texts).toEqual([]);
  });

  it('does not run when it is refused for a part of it', async () => {
    const router = await start({ rejectUnauthorized: true });
    await ask(router, 'mutation { add(text: "a") remove(text: "a") }', {});
    expect(subgraphs.texts).toEqual([]);
  });
});

describe('a subscription', () => {
  const tick = (n: number) => ({ n, secret: n * 10, user: { id: 'u1', name: 'Alice' } });
  const query = 'subscription { ticked { n secret user { id name orders } } }';

  async function subscribe(router: TestRouter, text: string, claims?: Claims) {
    const client = router.socket({ connectionParams: await authorization(claims) });
    return client.iterate<AnyData>({ query: text });
  }

  it('has the same taken out of each event, and not fetched for it', async () => {
    const router = await start();
    const [anonymous, reader] = await Promise.all([subscribe(router, query), subscribe(router, query, {})]);
    const first = [anonymous.next(), reader.next()];
    await subgraphs.ticks.listening(2);
    for (const n of [1, 2]) {
      subgraphs.ticks.publish(tick(n));
      const [denied, allowed] =
        n === 1 ? await Promise.all(first) : await Promise.all([anonymous.next(), reader.next()]);
      const body = denied!.value as Body;
      expect(body.data).toEqual({ ticked: { n, secret: null, user: { id: 'u1', name: null, orders: null } } });
      expect(paths(body)).toEqual(['ticked.secret', 'ticked.user.name', 'ticked.user.orders']);
      expect(allowed!.value).toEqual({
        data: { ticked: { n, secret: n * 10, user: { id: 'u1', name: 'Alice', orders: ['o1'] } } },
      });
    }
    expect(subgraphs.shop.subscribes.filter(({ query: sent }) => !sent.includes('secret'))).toHaveLength(1);
    await Promise.all([anonymous.return?.(), reader.return?.()]);
    await subgraphs.ticks.listening(0);
  });

  it('ends before an event when policies that are asked for have ceased to hold, and begins again with what is left', async () => {
    let granted = ['ticks'];
    const sdl = subgraphs.sdl.replace(/(type Tick[^{]+{\s+n: Int!)/, '$1 @policy(policies: [["ticks"]])');
    expect(sdl).not.toBe(subgraphs.sdl);
    const router = await startRouter(sdl, { grantPolicies: () => granted });
    routers.push(router);
    const events = await subscribe(router, 'subscription { ticked { n secret } }');
    const next = async (n: number) => {
      const event = events.next();
      await subgraphs.ticks.listening(1);
      subgraphs.ticks.publish(tick(n));
      return (await event).value as Body;
    };
    expect((await next(1)).data).toEqual({ ticked: { n: 1, secret: null } });
    granted = [];
    await expect(next(2)).rejects.toMatchObject({ code: 4403 });
    await subgraphs.ticks.listening(0);
    const again = await subscribe(router, 'subscription { ticked { n secret } }');
    const less = again.next();
    await subgraphs.ticks.listening(1);
    subgraphs.ticks.publish(tick(3));
    expect(paths((await less).value as Body)).toEqual(['ticked.n', 'ticked.secret']);
    await again.return?.();
    await subgraphs.ticks.listening(0);
  });

  it.each([
    ['its field is denied', {}, 'subscription { secretTicked { n } }', ['secretTicked']],
    [
      'its field is denied, in a fragment',
      {},
      'subscription { ...S } fragment S on Subscription { secretTicked { n } }',
      ['secretTicked'],
    ],
    ['a setting wants it for any denied field', { rejectUnauthorized: true }, query, ['ticked.secret']],
  ])('is refused when %s', async (_reason, settings, text, where) => {
    const router = await start(settings);
    const errors: unknown = await (await subscribe(router, text)).next().catch((error: unknown) => error);
    expect(paths({ errors: errors as NonNullable<Body['errors']> })).toEqual(where);
    await subgraphs.ticks.listening(0);
  });
});

describe('a supergraph that is taken up while the router runs', () => {
  it('brings its own rules', async () => {
    const router = await start({});
    const query = '{ open me { id } }';
    expect((await overHttp(router, query)).errors).toBeUndefined();
    const stricter = subgraphs.sdl.replace(/(open: Int[^\n]*)/, '$1 @authenticated');
    expect(stricter).not.toBe(subgraphs.sdl);
    await router.router.serve(loadSupergraph(stricter));
    expect(paths(await overHttp(router, query))).toEqual(['open']);
    expect((await overHttp(router, query, {})).data.open).toBe(1);
  });

  it('may ask something for all of the fields at the root', async () => {
    const router = await start({});
    await router.router.serve(
      loadSupergraph(subgraphs.sdl.replace(/(type Query\s+@join)/, 'type Query @authenticated @join')),
    );
    const body = await overHttp(router, '{ __typename open ... on Query { me { id } __schema { __typename } } }');
    expect(body.data).toEqual({ __typename: 'Query', open: null, me: null, __schema: { __typename: '__Schema' } });
    expect(paths(body)).toEqual(['open', 'me']);
  });
});

describe('a persisted operation', () => {
  it('is not taken for what is left of another one whose id resembles its own', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'authorization-'));
    const manifest = join(directory, 'manifest.json');
    const resembling = Array.from({ length: 20 }, (_none, index) => `orders-${index}`);
    const operations = [
      { id: 'orders', body: '{ me { id name } }' },
      ...resembling.map((id) => ({ id, body: '{ products { title } }' })),
    ];
    await writeFile(manifest, JSON.stringify({ format: 'apollo-persisted-query-manifest', version: 1, operations }));
    const settings = settingsSchema.parse({ persistedOperations: { manifest } });
    const router = await startRouter(subgraphs.sdl, { settings });
    routers.push(router);
    async function ask(sha256Hash: string): Promise<Body> {
      const response = await fetch(router.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ extensions: { persistedQuery: { version: 1, sha256Hash } } }),
      });
      return (await response.json()) as Body;
    }
    expect((await ask('orders')).data).toEqual({ me: { id: 'u1', name: null } });
    for (const id of resembling) {
      expect(await ask(id)).toEqual({ data: { products: [{ title: 'Tea' }, { title: 'Cake' }] } });
    }
    await rm(directory, { recursive: true });
  });
});
