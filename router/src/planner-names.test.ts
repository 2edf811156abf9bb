import { byKey, federate } from './testing/federation.ts';

describe('one response name for different fields of different types', () => {
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
      'type Part @key(fields: "id") { id: ID!  times(by: Int): Int  text(in: In): String  Text: String } input In { a: Int  b: Int }',
      {
        Part: {
          times: ({ id }: { id: string }, { by }: { by: number }) => Number(id) * by,
          text: (_: unknown, { in: given }: { in: object }) => JSON.stringify(given),
          Text: () => 'T',
          ...byKey(() => ({})),
        },
      },
    ],
  });
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
