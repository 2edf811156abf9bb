import { settingsSchema } from '../config/settings.ts';
import { bothTransports } from '../testing/both-transports.ts';
import { startRouter } from '../testing/router.ts';
import { startSubgraphs, type TestSubgraphs } from '../testing/supergraph.ts';

let subgraphs: TestSubgraphs;
beforeAll(async () => {
  subgraphs = await startSubgraphs();
});
afterAll(() => subgraphs.stop());

describe.each(bothTransports)('a subgraph that fails repeatedly, over %s', (_transport, send) => {
  it('is left alone, is told to be, and takes no other fields with it', async () => {
    subgraphs.reviews.mode = 'html';
    const breaker = { minimumCalls: 2, probeAfterMs: 60_000 };
    const router = await startRouter(subgraphs.sdl, { settings: settingsSchema.parse({ subgraphs: { breaker } }) });
    const ask = () => send(router, { query: '{ me { name reviews { text } } }' });
    const before = subgraphs.reviews.requests.length;
    await ask();
    await ask();
    expect(await ask()).toEqual({
      data: { me: { name: 'Alice', reviews: null } },
      errors: [
        {
          message: 'The service "reviews" failed repeatedly and is left alone for a moment.',
          path: ['me'],
          extensions: { code: 'SUBREQUEST_FAILED', serviceName: 'reviews' },
        },
      ],
    });
    expect(subgraphs.reviews.requests).toHaveLength(before + 2);
    await router.stop();
  });
});
