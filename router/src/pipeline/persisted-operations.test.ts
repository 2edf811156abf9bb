import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { settingsSchema } from '../config/settings.ts';
import { bothTransports, type Send } from '../testing/both-transports.ts';
import { startRouter, type TestRouter } from '../testing/router.ts';
import { loadSupergraph } from '../supergraph.ts';
import { startSubgraphs, type TestSubgraphs } from '../testing/supergraph.ts';

const me = 'query Me { me { name } }';
const append = 'mutation Append($text: String!) { append(text: $text) }';
const changes = 'subscription Changes { userChanged(id: "1") { version } }';
const operations = [
  { id: hashOf(me), name: 'Me', type: 'query', body: me },
  { id: 'append-1', name: 'Append', type: 'mutation', body: append },
  { id: 'changes-1', name: 'Changes', type: 'subscription', body: changes },
];

let directory: string;
let subgraphs: TestSubgraphs;
const routers: TestRouter[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'persisted-'));
  subgraphs = await startSubgraphs();
});
afterEach(async () => {
  for (const router of routers.splice(0)) await router.stop();
});
afterAll(async () => {
  await subgraphs.stop();
  await rm(directory, { recursive: true });
});

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function byId(sha256Hash: string) {
  return { persistedQuery: { version: 1, sha256Hash } };
}

async function manifest(content: unknown): Promise<string> {
  const file = join(directory, `${hashOf(JSON.stringify(content))}.json`);
  await writeFile(file, JSON.stringify(content));
  return file;
}

async function start(persistedOperations: object): Promise<TestRouter> {
  const router = await startRouter(subgraphs.sdl, { settings: settingsSchema.parse({ persistedOperations }) });
  routers.push(router);
  return router;
}

async function startWithList(mode: string, more: object = {}): Promise<TestRouter> {
  const file = await manifest({ format: 'apollo-persisted-query-manifest', version: 1, operations });
  return start({ mode, manifest: file, ...more });
}

async function codeOf(answer: ReturnType<Send>): Promise<unknown> {
  return (await answer).errors?.[0]?.extensions['code'];
}

const answered = { data: { me: { name: 'Alice' } } };

describe.each(bothTransports)('persisted operations over %s', (name, send) => {
  it('register a text with its hash and then take the hash alone', async () => {
    const router = await start({});
    const extensions = byId(hashOf(me));
    expect(await codeOf(send(router, { extensions }))).toBe('PERSISTED_QUERY_NOT_FOUND');
    expect(await send(router, { query: me, extensions })).toEqual(answered);
    for (const _time of [1, 2, 3]) expect(await send(router, { extensions })).toEqual(answered);
    expect(await codeOf(send(router, { query: '{ badges }', extensions }))).toBe('BAD_REQUEST');
  });

  it('are not registered when that is off', async () => {
    const router = await start({ automatic: false });
    expect(await codeOf(send(router, { query: me, extensions: byId(hashOf(me)) }))).toBe(
      'PERSISTED_QUERY_NOT_SUPPORTED',
    );
    const listed = await startWithList('off', { automatic: false });
    const other = '{ badges }';
    expect(await send(listed, { query: other, extensions: byId(hashOf(other)) })).toEqual({
      data: { badges: ['gold'] },
    });
    expect(await codeOf(send(listed, { extensions: byId(hashOf(other)) }))).toBe('PERSISTED_QUERY_NOT_FOUND');
  });

  it('run by the ids of the manifest: queries, mutations and subscriptions', async () => {
    const router = await startWithList('off');
    for (const _time of [1, 2]) {
      expect(await send(router, { extensions: byId(hashOf(me)) })).toEqual(answered);
      const text = { variables: { text: 'x' }, extensions: byId('append-1') };
      expect(await send(router, text)).toMatchObject({ data: { append: expect.arrayContaining(['x']) } });
    }
    const { errors, data } = await send(router, { extensions: byId('changes-1') });
    // HTTP says where subscriptions are to be had.
    if (errors === undefined) expect(data).toEqual({ userChanged: { version: 0 } });
    else expect(errors[0]?.message).toContain('WebSocket');
    expect(await send(router, { query: '{ badges }' })).toEqual({ data: { badges: ['gold'] } });
  });

  it('tell in the log what the manifest lacks', async () => {
    const router = await startWithList('log');
    expect(await send(router, { query: me })).toEqual(answered);
    expect(await send(router, { query: '{ badges }' })).toEqual({ data: { badges: ['gold'] } });
    const warned = router.lines.map((line) => JSON.parse(line)).filter(({ level }) => level === 'warn');
    expect(warned).toEqual([expect.objectContaining({ operation: '{ badges }' })]);
  });

  it('are all that is let through in safelist mode, however they are laid out', async () => {
    const router = await startWithList('safelist');
    for (const _time of [1, 2]) {
      expect(await send(router, { query: me })).toEqual(answered);
      expect(await send(router, { query: '# laid out\nquery Me {\n  me { name, } }' })).toEqual(answered);
      expect(await send(router, { extensions: byId(hashOf(me)) })).toEqual(answered);
      expect(await codeOf(send(router, { query: '{ badges }' }))).toBe('QUERY_NOT_IN_SAFELIST');
      expect(await codeOf(send(router, { query: 'subscription { unending { version } }' }))).toBe(
        'QUERY_NOT_IN_SAFELIST',
      );
      expect(await codeOf(send(router, { query: '{ no GraphQL' }))).toBe('QUERY_NOT_IN_SAFELIST');
    }
  });

  it('can not be registered by clients past the safelist', async () => {
    const router = await startWithList('safelist');
    const query = '{ badges }';
    const extensions = byId(hashOf(query));
    for (const _time of [1, 2]) {
      expect(await codeOf(send(router, { query, extensions }))).toBe('QUERY_NOT_IN_SAFELIST');
      expect(await codeOf(send(router, { extensions }))).toBe('PERSISTED_QUERY_NOT_FOUND');
    }
  });

  it('are no longer let through by a registered hash once the manifest lacks them', async () => {
    const file = join(directory, `reloaded-${name}.json`);
    await writeFile(file, JSON.stringify(manifestOf([{ id: 'me-1', body: me }])));
    const router = await start({ mode: 'safelist', manifest: file });
    const extensions = byId(hashOf(me));
    expect(await send(router, { query: me, extensions })).toEqual(answered);
    expect(await send(router, { extensions })).toEqual(answered);
    await writeFile(file, JSON.stringify(manifestOf([{ id: 'append-1', body: append }])));
    await router.router.serve(loadSupergraph(subgraphs.sdl));
    expect(await codeOf(send(router, { extensions }))).toBe('PERSISTED_QUERY_NOT_FOUND');
    await writeFile(file, JSON.stringify(manifestOf([{ id: 'me-1', body: me }])));
    await router.router.serve(loadSupergraph(subgraphs.sdl));
    expect(await send(router, { extensions })).toEqual(answered);
  });

  it('may come with an empty text beside the id or the hash', async () => {
    const router = await startWithList('off');
    const badges = '{ badges }';
    const empty = (id: string) => send(router, { query: '', extensions: byId(id) });
    await send(router, { query: badges, extensions: byId(hashOf(badges)) });
    for (const _time of [1, 2]) {
      expect(await empty('append-1')).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
      expect(await empty(hashOf(me))).toEqual(answered);
      expect(await empty(hashOf(badges))).toEqual({ data: { badges: ['gold'] } });
      expect(await codeOf(empty('unknown'))).toBe('PERSISTED_QUERY_NOT_FOUND');
    }
  });

  it('are taken by id alone in ids mode', async () => {
    const router = await startWithList('ids');
    for (const _time of [1, 2]) {
      expect(await send(router, { extensions: byId(hashOf(me)) })).toEqual(answered);
      expect(await codeOf(send(router, { query: me }))).toBe('PERSISTED_QUERY_ID_REQUIRED');
      expect(await codeOf(send(router, { query: me, extensions: byId(hashOf(me)) }))).toBe(
        'PERSISTED_QUERY_ID_REQUIRED',
      );
      expect(await codeOf(send(router, { extensions: byId('unknown') }))).toBe('PERSISTED_QUERY_NOT_FOUND');
    }
  });
});

describe('persisted operations', () => {
  it('are answered to GET as well, with the same bytes from the second time on', async () => {
    const router = await startWithList('ids');
    const parameters = new URLSearchParams({ extensions: JSON.stringify(byId(hashOf(me))) });
    const get = () =>
      fetch(`${router.url}?${parameters.toString()}`, { headers: { 'apollo-require-preflight': 'yes' } });
    const texts = [await (await get()).text(), await (await get()).text()];
    expect(texts).toEqual([JSON.stringify(answered), JSON.stringify(answered)]);
    expect((await fetch(`${router.url}?${parameters.toString()}`)).status).toBe(400);
    const query = new URLSearchParams({ query: me });
    const refused = await fetch(`${router.url}?${query.toString()}`, {
      headers: { 'apollo-require-preflight': 'yes' },
    });
    expect(refused.status).toBe(400);
  });

  it('are answered to GET also with an empty text beside the id, or with none after the word', async () => {
    const router = await startWithList('off');
    const ask = async (query: string, id: string) => {
      const search = `?${query}&extensions=${encodeURIComponent(JSON.stringify(byId(id)))}`;
      const response = await fetch(router.url + search, { headers: { 'apollo-require-preflight': 'yes' } });
      return (await response.json()) as { errors?: { extensions: object }[] };
    };
    for (const query of ['query=', 'query', 'q%75ery=', 'query=']) {
      expect(await ask(query, hashOf(me))).toEqual(answered);
      const { errors } = await ask(query, 'unknown');
      expect(errors?.[0]?.extensions).toMatchObject({ code: 'PERSISTED_QUERY_NOT_FOUND' });
    }
  });

  it.each([
    ['no manifest', { mode: 'safelist' }, 'needs persistedOperations.manifest'],
    ['a file that is not there', { manifest: '/nowhere/manifest.json' }, 'does not exist'],
  ])('keep the router from starting with %s', async (_what, settings, sentence) => {
    await expect(start(settings)).rejects.toThrow(sentence);
  });

  it.each([
    ['another format', { operations: [] }, 'format'],
    ['a body that is none', manifestOf([{ id: 'a', body: 1 }]), 'operations.0.body'],
    ['the hash of another text', manifestOf([{ id: hashOf(append), body: me }]), 'is not that of its body'],
    [
      'an id twice',
      manifestOf([
        { id: 'a', body: me },
        { id: 'a', body: append },
      ]),
      'under the id a',
    ],
  ])('keep the router from starting with %s in the manifest', async (_what, content, sentence) => {
    await expect(start({ manifest: await manifest(content) })).rejects.toThrow(sentence);
  });
});

function manifestOf(list: readonly object[]) {
  return { format: 'apollo-persisted-query-manifest', version: 1, operations: list };
}
