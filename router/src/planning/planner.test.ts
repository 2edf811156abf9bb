import { parse, validate } from 'graphql';
import { prettyFormatQueryPlan } from '@apollo/query-planner';
import { createPlanner } from './planner.ts';
import { plannerSettings } from './planner-settings.ts';
import { federate } from '../testing/federation.ts';

/** What is told apart here is in the plans, so nothing needs to answer. */
function plannerOf(schemas: Record<string, string>, options: Parameters<typeof createPlanner>[1] = {}) {
  const { graph } = federate(Object.fromEntries(Object.entries(schemas).map(([name, sdl]) => [name, [sdl]])));
  const plan = createPlanner(graph, options);
  return (query: string) => plan({ queryHash: query, document: parse(query), operationName: undefined });
}

const two = {
  a: 'type Query { thing: Thing  other(n: Int): Thing } type Thing @key(fields: "id") { id: ID!  name: String }',
  b: 'type Thing @key(fields: "id") { id: ID!  size: Int }',
};

describe('the planner', () => {
  it('plans an operation once', () => {
    const plan = plannerOf(two);
    expect(plan('{ thing { size } }')).toBe(plan('{ thing { size } }'));
  });
});

describe('@defer', () => {
  it('is no directive of the schema that clients see, which validation tells them', () => {
    const { graph } = federate({ a: ['type Query { thing: Int }'] });
    expect(validate(graph.schema, parse('{ ... @defer { thing } }')).map(String)).toEqual([
      expect.stringContaining('Unknown directive "@defer".'),
    ]);
  });
});

describe('an operation that is too much for the planner', () => {
  const entity = 'type Thing @key(fields: "id") { id: ID!  a: Thing @shareable  b: Thing @shareable';
  const tangle = {
    a: `type Query { thing: Thing @shareable } ${entity} one: Int }`,
    b: `type Query { thing: Thing @shareable } ${entity} two: Int }`,
    c: `type Query { thing: Thing @shareable } ${entity} three: Int }`,
  };
  const query = '{ thing { a { a { one two three } b { one two three } } b { a { one two } b { two three } } } }';
  const tooComplex = { extensions: { code: 'OPERATION_TOO_COMPLEX' } };

  it('is refused when there are too many ways to fetch it', () => {
    expect(() => plannerOf(tangle)(query)).not.toThrow();
    const plan = plannerOf(tangle, { settings: plannerSettings.parse({ maxPaths: 1 }) });
    expect(() => plan(query)).toThrow(expect.objectContaining(tooComplex));
  });

  it('is refused when planning takes too long, and refused at once when it comes again', () => {
    let looks = 0;
    const now = () => (looks += 1);
    const plan = plannerOf(tangle, { settings: plannerSettings.parse({ maxPlanningMs: 5 }), now });
    expect(() => plan(query)).toThrow(expect.objectContaining(tooComplex));
    const before = looks;
    expect(() => plan(query)).toThrow(expect.objectContaining(tooComplex));
    expect(looks).toBe(before);
  });

  it('is refused when its fragments make it large, however short it is', () => {
    const levels = Array.from(
      { length: 40 },
      (_, n) => `fragment F${n} on Thing { a { ...F${n + 1} } b { ...F${n + 1} } }`,
    );
    const plan = plannerOf(tangle);
    expect(() => plan(`{ thing { ...F0 } } ${levels.join(' ')} fragment F40 on Thing { id }`)).toThrow(
      expect.objectContaining(tooComplex),
    );
  });
});

describe('progressive override', () => {
  const schemas = {
    old: 'type Query { thing: Thing } type Thing @key(fields: "id") { id: ID!  size: Int  name: String }',
    new: `type Thing @key(fields: "id") {
      id: ID!
      size: Int @override(from: "old", label: "percent(10)")
      name: String @override(from: "old", label: "names")
    }`,
  };
  function subgraphsFor(query: string, drawn: number, overrideLabels: Record<string, number> = {}): string[] {
    const settings = plannerSettings.parse({ overrideLabels });
    const text = prettyFormatQueryPlan(plannerOf(schemas, { settings, random: () => drawn })(query).plan);
    return [...text.matchAll(/service: "(\w+)"/g)].map(([, name]) => name!);
  }

  it.each([
    [0.05, ['old', 'new']],
    [0.1, ['old']],
    [0.5, ['old']],
  ])('moves a field for a part of the requests: %d', (drawn, subgraphs) => {
    expect(subgraphsFor('{ thing { size } }', drawn)).toEqual(subgraphs);
  });

  it.each([
    [{}, 0, ['old']],
    [{ names: 0 }, 0, ['old']],
    [{ names: 50 }, 0.4, ['old', 'new']],
    [{ names: 50 }, 0.5, ['old']],
    [{ names: 100 }, 0.999, ['old', 'new']],
  ])('moves a field with a label as the settings say: %j', (overrideLabels, drawn, subgraphs) => {
    expect(subgraphsFor('{ thing { name } }', drawn, overrideLabels)).toEqual(subgraphs);
  });

  it('decides anew for each request', () => {
    const draws = [0.05, 0.95, 0.05];
    const plan = plannerOf(schemas, { random: () => draws.shift()! });
    const [first, second, third] = [plan('{ thing { size } }'), plan('{ thing { size } }'), plan('{ thing { size } }')];
    expect(second).not.toBe(first);
    expect(third).toBe(first);
  });
});
