import { byKey, federate } from '../testing/federation.ts';

const nodes = federate({
  nodes: [
    `type Query { nodes: [Node] }
      interface Node { id: ID! }
      type A implements Node @key(fields: "id") { id: ID!  part: Part  parts: [Part!]  label: ID! }
      type B implements Node @key(fields: "id") { id: ID!  part: Part  whole: Part  parts: [Part!] }
      type Part @key(fields: "id") { id: ID! }`,
    {
      Query: {
        nodes: () => [
          { __typename: 'A', id: 'a', part: { id: '1' }, parts: [{ id: '1' }], label: 'A' },
          { __typename: 'B', id: 'b', part: { id: '2' }, parts: [{ id: '2' }], whole: { id: '3' } },
        ],
      },
    },
  ],
  parts: [
    'type Part @key(fields: "id") { id: ID!  must: Int!  times(by: Int): Int  text(in: In): String  Text: String } input In { a: Int  b: Int }',
    {
      Part: {
        times: ({ id }: { id: string }, { by }: { by: number }) => Number(id) * by,
        text: (_: unknown, { in: given }: { in: object }) => JSON.stringify(given),
        Text: () => 'T',
        must: ({ id }: { id: string }) => (id === '1' ? null : Number(id)),
        ...byKey(() => ({})),
      },
    },
  ],
});

describe('one response name for different fields of different types', () => {
  it.each([
    [
      '{ nodes { ... on A { part { x: times(by: 1) } } ... on B { part { x: times(by: 10) } } } }',
      [{ part: { x: 1 } }, { part: { x: 20 } }],
    ],
    [
      '{ nodes { ...OfA ...OfB } } fragment OfA on A { parts { ...X } } fragment OfB on B { parts { x: times(by: 10) } } fragment X on Part { x: times(by: 1) }',
      [{ parts: [{ x: 1 }] }, { parts: [{ x: 20 }] }],
    ],
    [
      '{ nodes { ... on A { p: part { x: times(by: 1) } } ... on B { p: whole { x: times(by: 10) } } } }',
      [{ p: { x: 1 } }, { p: { x: 30 } }],
    ],
    ['{ nodes { ... on A { id: label part { id } } ... on B { id part { id } } } }', [{ id: 'A', part: { id: '1' } }, { id: 'b', part: { id: '2' } }]], // prettier-ignore
    [
      '{ nodes { ... on A { part { x: text(in: { a: 1, b: 2 }) x: text(in: { b: 2, a: 1 }) } } ... on B { part { x: Text } } } }',
      [{ part: { x: '{"a":1,"b":2}' } }, { part: { x: 'T' } }],
    ],
    ['{ nodes { ... on A { x: label } ... on B { x: __typename } } }', [{ x: 'A' }, { x: 'B' }]],
  ])('%s', async (query, expected) => {
    const { data, errors } = await nodes.ask(query);
    expect(errors).toBeUndefined();
    expect(data).toEqual({ nodes: expected });
  });

  it('is no trouble at different places', async () => {
    const { requests } = await nodes.ask('{ a: nodes { x: id } b: nodes { x: __typename } }');
    expect(requests[0]!.query).toBe('{a:nodes{__typename x:id}b:nodes{__typename}}');
  });
});

describe('a field that fails for objects for which nobody asked for it', () => {
  const both = '{ nodes { ... on A { part { x: times(by: 1) } } ... on B { part { must } } } }';

  it('takes nothing from them', async () => {
    const { data, errors, requests } = await nodes.ask(both);
    expect(errors).toBeUndefined();
    expect(data).toEqual({ nodes: [{ part: { x: 1 } }, { part: { must: 2 } }] });
    expect(requests).toHaveLength(3);
  });

  it('takes nothing from them below lists', async () => {
    const { data, errors } = await nodes.ask(
      '{ nodes { ... on A { parts { id times(by: 3) } } ... on B { parts { must } } } }',
    );
    expect(errors).toBeUndefined();
    expect(data).toEqual({ nodes: [{ parts: [{ id: '1', times: 3 }] }, { parts: [{ must: 2 }] }] });
  });

  it('is fetched together with what only null can become of', async () => {
    const { requests } = await nodes.ask('{ nodes { ... on A { part { times(by: 1) } } ... on B { part { Text } } } }');
    expect(requests).toHaveLength(2);
  });

  it('is fetched once for the types that ask for the same', async () => {
    const { data, requests } = await nodes.ask(
      '{ nodes { ... on A { part { Text } p: parts { Text } } ... on B { part { must } p: parts { Text } } } }',
    );
    expect(data.nodes[1]).toEqual({ part: { must: 2 }, p: [{ Text: 'T' }] });
    expect(requests).toHaveLength(4);
  });
});

describe('an error of a field under another name', () => {
  it('tells the name that the client gave it', async () => {
    const { data, errors } = await nodes.ask('{ nodes { ... on A { part { id: must } } } }');
    expect(data).toEqual({ nodes: [{ part: null }, {}] });
    expect(errors!.map(({ path }) => path)).toEqual([['nodes', 0, 'part', 'id']]);
  });
});
