import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { settingsSchema } from '../config/settings.ts';
import { createTelemetry, type Telemetry } from '../telemetry/telemetry.ts';
import { bothTransports } from '../testing/both-transports.ts';
import { startProtected, type Protected } from '../testing/protected.ts';
import { startRouter, type TestRouter } from '../testing/router.ts';
import { startSubgraphs, type TestSubgraphs } from '../testing/supergraph.ts';
import type { OperationRequest } from './operation-request.ts';

let subgraphs: TestSubgraphs;
let guarded: Protected;
let directory: string;
let telemetry: Telemetry;
const routers: TestRouter[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'known-'));
  [subgraphs, guarded] = await Promise.all([startSubgraphs(), startProtected()]);
});
afterEach(async () => {
  for (const router of routers.splice(0)) await router.stop();
});
afterAll(async () => {
  await Promise.all([subgraphs.stop(), guarded.stop()]);
  await rm(directory, { recursive: true });
});

async function start(sdl: string, settings: object = {}) {
  telemetry = createTelemetry({ metrics: undefined, tracing: undefined, operations: [] });
  const router = await startRouter(sdl, { telemetry, settings: settingsSchema.parse(settings) });
  routers.push(router);
  const [, [, overSocket]] = bothTransports as [unknown, (typeof bothTransports)[number]];
  return async function send(request: OperationRequest) {
    const { data, errors } = await overSocket(router, request);
    return { data, errors };
  };
}

const changed = 'subscription ($id: ID!) { userChanged(id: $id) { version user { name badge { label } } } }';

describe('a subscription that was sent before', () => {
  it.each([
    ['it runs', { query: changed, variables: { id: '1' } }],
    ['it has a name', { query: 'subscription S { userChanged(id: "1") { version } }', operationName: 'S' }],
    ['it has another name', { query: 'subscription S { userChanged(id: "1") { version } }', operationName: 'T' }],
    ['a variable is missing', { query: changed }],
    ['a variable is wrong', { query: changed, variables: { id: [1] } }],
    ['the subgraph refuses it', { query: 'subscription { refused { version } }' }],
  ])('is answered as the first time: %s', async (_what, request) => {
    const send = await start(subgraphs.sdl);
    const first = await send(request);
    expect(await send(request)).toEqual(first);
    expect(await send(request)).toEqual(first);
  });

  it('is found by its text, so that Apollo Server has nothing to do for it', async () => {
    const send = await start(subgraphs.sdl);
    const request = { query: changed, variables: { id: '1' } };
    await send(request);
    const { operations, documents } = telemetry.caches;
    const [hits, looked] = [operations.hits, documents.hits + documents.misses];
    expect((await send(request)).data).toMatchObject({ userChanged: { version: 0 } });
    expect([operations.hits, documents.hits + documents.misses]).toEqual([hits + 1, looked]);
  });

  it('has to be a listed one all the same', async () => {
    const listed = 'subscription Listed { userChanged(id: "1") { version } }';
    const manifest = join(directory, 'manifest.json');
    const operations = [{ id: 'listed-1', name: 'Listed', type: 'subscription', body: listed }];
    await writeFile(manifest, JSON.stringify({ format: 'apollo-persisted-query-manifest', version: 1, operations }));
    const send = await start(subgraphs.sdl, { persistedOperations: { mode: 'ids', manifest } });
    const extensions = { persistedQuery: { version: 1, sha256Hash: 'listed-1' } };
    for (const _time of [1, 2, 3]) {
      expect((await send({ extensions })).data).toEqual({ userChanged: { version: 0 } });
      expect((await send({ query: listed })).data).toBeUndefined();
    }
  });

  it('is refused each time to whoever may not have it', async () => {
    const send = await start(guarded.sdl);
    const query = 'subscription { secretTicked { n } }';
    const first = await send({ query });
    expect(first.errors).toMatchObject([{ extensions: { code: 'UNAUTHORIZED_FIELD_OR_TYPE' } }]);
    expect(await send({ query })).toEqual(first);
  });
});
