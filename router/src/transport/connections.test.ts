import { createConnections } from './connections.ts';

const people = { name: 'people', url: 'http://127.0.0.1:1/graphql' };
const reviews = { name: 'reviews', url: 'http://127.0.0.1:2/graphql' };

function recorded() {
  const events: string[] = [];
  const connections = createConnections(({ name, url }) => {
    const port = new URL(url).port;
    events.push(`open ${name} ${port}`);
    const close = () => void events.push(`close ${name} ${port}`);
    return { fetch: { close: async () => close() } as never, upstream: { close } as never };
  });
  return { events, connections };
}

describe('connections to subgraphs', () => {
  it('are kept by the next supergraph that has the same subgraph at the same address', async () => {
    const { events, connections } = recorded();
    const first = connections.connect([people, reviews]);
    const second = connections.connect([people, reviews]);
    expect(second.fetches.get('people')).toBe(first.fetches.get('people'));
    expect(second.upstreams.get('people')).toBe(first.upstreams.get('people'));
    await first.release();
    expect(events).toEqual(['open people 1', 'open reviews 2']);
  });

  it('are closed when the last that used them lets go', async () => {
    const { events, connections } = recorded();
    const first = connections.connect([people, reviews]);
    const second = connections.connect([people, { ...reviews, url: 'http://127.0.0.1:3/graphql' }]);
    await first.release();
    // Its fetches and its subscriptions.
    expect(events.slice(3)).toEqual(['close reviews 2', 'close reviews 2']);
    await second.release();
    expect(events.slice(5).toSorted()).toEqual([
      'close people 1',
      'close people 1',
      'close reviews 3',
      'close reviews 3',
    ]);
  });
});
