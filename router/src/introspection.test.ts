import { settingsSchema } from './config/settings.ts';
import { bothTransports } from './testing/both-transports.ts';
import { startRouter, type TestRouter } from './testing/router.ts';
import { startSubgraphs, type TestSubgraphs } from './testing/supergraph.ts';

let subgraphs: TestSubgraphs;
let router: TestRouter;

beforeAll(async () => {
  subgraphs = await startSubgraphs();
});
afterEach(() => router.stop());
afterAll(() => subgraphs.stop());

describe.each(bothTransports)('introspection over %s', (_name, send) => {
  const query = '{ __schema { queryType { name } } __type(name: "User") { name } }';

  it('is answered by default', async () => {
    router = await startRouter(subgraphs.sdl);
    expect(await send(router, { query })).toMatchObject({ data: { __schema: { queryType: { name: 'Query' } } } });
  });

  it('is refused when it is switched off; __typename is not', async () => {
    router = await startRouter(subgraphs.sdl, { settings: settingsSchema.parse({ introspection: false }) });
    const { errors, data } = await send(router, { query });
    expect(data).toBeUndefined();
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'GRAPHQL_VALIDATION_FAILED' });
    expect(errors?.[0]?.message).toBe('Introspection is switched off here.');
    const misspelt = await send(router, { query: '{ badge }' });
    expect(misspelt.errors?.map(({ message }) => message)).toEqual(['Cannot query field "badge" on type "Query".']);
    expect(await send(router, { query: '{ __typename }' })).toEqual({ data: { __typename: 'Query' } });
  });
});
