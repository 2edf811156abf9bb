import { bothTransports } from './testing/both-transports.ts';
import { startRouter, type TestRouter } from './testing/router.ts';
import { startSubgraphs, type TestSubgraphs } from './testing/supergraph.ts';

let subgraphs: TestSubgraphs;
let router: TestRouter;

beforeAll(async () => {
  subgraphs = await startSubgraphs();
  router = await startRouter(subgraphs.sdl);
});
afterAll(async () => {
  await router.stop();
  await subgraphs.stop();
});

const field = 'userChanged(id: "1")';

describe.each(bothTransports)('@skip and @include in subscriptions over %s', (_name, send) => {
  it.each([
    ['a field', `subscription S($w: Boolean!) { ${field} @include(if: $w) { version } }`],
    ['a field, spaced out', `subscription S($w: Boolean!) { ${field} @ skip(if: $w) { version } }`],
    ['an inline fragment', `subscription S($w: Boolean!) { ... @skip(if: $w) { ${field} { version } } }`],
    [
      'what a fragment holds',
      `subscription S($w: Boolean!) { ...F } fragment F on Subscription { ...F ... { ${field} @skip(if: $w) { version } } }`,
    ],
    ['a field, without a value', `subscription S { ${field} @skip { version } }`],
    ['a field, always', `subscription S { ${field} @include(if: true) { version } }`],
  ])('are refused at the root: of %s', async (_what, query) => {
    for (const text of [query, `query Q { __typename } ${query}`]) {
      for (const variables of [{ w: true }, undefined]) {
        const { data, errors } = await send(router, { query: text, operationName: 'S', variables });
        expect(data).toBeUndefined();
        expect(errors).toEqual([
          {
            message: "@skip and @include can't stand at the root of a subscription.",
            extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
          },
        ]);
      }
    }
  });

  it('are left alone below the root, and in queries beside a subscription', async () => {
    const query = `query Q($w: Boolean!) { me @include(if: $w) { name } }
      subscription S($w: Boolean!) { ${field} { version @skip(if: $w) } }`;
    const asked = { query, operationName: 'Q', variables: { w: true } };
    expect(await send(router, asked)).toEqual({ data: { me: { name: 'Alice' } } });
  });
});

it('answers status 400 to a condition at the root of a subscription', async () => {
  const query = `subscription ($w: Boolean!) { ${field} @include(if: $w) { version } }`;
  expect((await router.post(query, { variables: { w: true } })).status).toBe(400);
});
