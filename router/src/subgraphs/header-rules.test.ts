import { once } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http';
import { WebSocket } from 'ws';
import { settingsSchema } from '../config/settings.ts';
import { bothTransports } from '../testing/both-transports.ts';
import { startRouter, type TestRouter } from '../testing/router.ts';
import { startSubgraphs, type TestSubgraphs } from '../testing/supergraph.ts';

let subgraphs: TestSubgraphs;
let router: TestRouter;
beforeAll(async () => {
  subgraphs = await startSubgraphs();
  const headers = {
    propagate: ['accept-language', '/^x-app-/'],
    rename: { 'x-who': 'x-client' },
    insert: { 'x-by': 'router' },
  };
  const byName = { badges: { headers: { remove: ['x-app-secret'], insert: { 'x-by': 'router of badges' } } } };
  router = await startRouter(subgraphs.sdl, { settings: settingsSchema.parse({ subgraphs: { headers, byName } }) });
});
afterAll(async () => {
  await router.stop();
  await subgraphs.stop();
});

const client = {
  authorization: 'Basic secret',
  cookie: 'a=b',
  'accept-language': 'ko',
  'x-app-version': '3',
  'x-app-secret': 's',
  'x-who': 'phone',
  'x-other': 'o',
};
const passedOn = { 'accept-language': 'ko', 'x-app-version': '3', 'x-client': 'phone' };
const names = new Set([...Object.keys(client), 'x-client', 'x-by']);

/** Those that the rules are about. */
function ruled(headers: IncomingHttpHeaders | undefined): Record<string, unknown> {
  return Object.fromEntries(Object.entries(headers ?? {}).filter(([name]) => names.has(name)));
}

describe.each(bothTransports)('headers of a client, over %s', (_transport, send) => {
  it('go to each subgraph as its rules say, and no others do', async () => {
    expect(await send(router, { query: '{ me { name badge { label } } }' }, client)).toHaveProperty('data.me.name');
    expect(ruled(subgraphs.people.requests.at(-1)?.headers)).toEqual({
      ...passedOn,
      'x-app-secret': 's',
      'x-by': 'router',
    });
    expect(ruled(subgraphs.badges.requests.at(-1)?.headers)).toEqual({ ...passedOn, 'x-by': 'router of badges' });
  });
});

describe('headers of a client, on a subscription', () => {
  it('go with the subscription, and fixed ones with the socket that all clients share', async () => {
    const socket = new WebSocket(router.url.replace('http', 'ws'), 'graphql-transport-ws', { headers: client });
    await once(socket, 'open');
    socket.send('{"type":"connection_init"}');
    await once(socket, 'message');
    const query = 'subscription { userChanged(id: "1") { version user { badge { label } } } }';
    socket.send(JSON.stringify({ id: 'one', type: 'subscribe', payload: { query } }));
    await once(socket, 'message');
    expect(ruled(subgraphs.people.upgrades.at(-1))).toEqual({ 'x-by': 'router' });
    expect(subgraphs.people.subscribes.at(-1)?.extensions?.['headers']).toEqual({ ...passedOn, 'x-app-secret': 's' });
    expect(ruled(subgraphs.badges.requests.at(-1)?.headers)).toEqual({ ...passedOn, 'x-by': 'router of badges' });
    socket.terminate();
  });
});
