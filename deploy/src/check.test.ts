import { breakingChanges } from './breaking-changes.ts';
import { runChecks, supergraphIsUpToDate, type Check } from './check.ts';
import { composeSupergraph } from './compose-supergraph.ts';

const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])\n`;
const parts: Record<string, string> = {
  customer: `${link}
    type Query { order(id: ID!): Order }
    type Order @key(fields: "id") { id: ID! total: Int! }`,
  delivery: `${link}
    type Query { cafe(id: ID!): Cafe }
    type Cafe { id: ID! open: Boolean! }
    type Order @key(fields: "id") { id: ID! queueNumber: Int }`,
  accounting: `${link}
    type Query { salesSum(cafeId: ID!): Int }`,
};
const composed = (changed: Record<string, string> = {}) =>
  composeSupergraph((name) => changed[name] ?? parts[name] ?? '');

describe('Composing the supergraph', () => {
  it('joins what the subgraphs say of one type', () => {
    expect(composed()).toMatch(/type Order[^}]*total: Int!.*[^}]*queueNumber: Int/);
  });

  it('works for the subgraphs of the house and gives the same text each time', () => {
    const supergraph = composeSupergraph();
    expect(supergraph).toContain('url: "http://127.0.0.1:4002/graphql"');
    expect(composeSupergraph()).toBe(supergraph);
  });

  it('says why subgraphs do not compose', () => {
    const conflict = `${link} type Query { salesSum(cafeId: ID!): Int  order(id: ID!): String }`;
    expect(() => composed({ accounting: conflict })).toThrow(/do not compose:\n.*"?Query\.order"?/s);
  });
});

describe('A committed supergraph', () => {
  it('passes when it is what the subgraphs compose to', () => {
    expect(supergraphIsUpToDate(composed(), composed())).toEqual({ ok: true, output: '' });
  });

  it('fails when a subgraph has moved on, and says what to run', () => {
    const moved = composed({ accounting: `${link} type Query { salesSum(cafeId: ID!): Int  salesQty: Int }` });
    expect(supergraphIsUpToDate(composed(), moved)).toEqual({
      ok: false,
      output: expect.stringContaining('npm run compose') as string,
    });
  });
});

describe('A change of the graph', () => {
  it('may add fields', () => {
    const more = composed({ accounting: `${link} type Query { salesSum(cafeId: ID!): Int  salesQty: Int }` });
    expect(breakingChanges(composed(), more)).toEqual([]);
  });

  it('is breaking when a field goes or an argument becomes required', () => {
    const less = composed({
      customer: `${link} type Query { order(id: ID!, cafeId: ID!): Order } type Order @key(fields: "id") { id: ID! }`,
    });
    expect(breakingChanges(composed(), less)).toEqual([
      'Order.total was removed.',
      'A required arg cafeId on Query.order was added.',
    ]);
  });

  it('is not breaking when only the machinery of federation changes', () => {
    const moved = composed().replaceAll('127.0.0.1:4001', '10.0.0.1:80');
    expect(breakingChanges(composed(), moved)).toEqual([]);
  });
});

describe('Running the checks', () => {
  const passing = (name: string): Check => ({ name, run: async () => ({ ok: true, output: '' }) });

  it('passes when all pass, and reports each', async () => {
    const names: string[] = [];
    expect(await runChecks(['a', 'b', 'c'].map(passing), (name) => names.push(name))).toBe(true);
    expect(new Set(names)).toEqual(new Set(['a', 'b', 'c']));
  });

  it('goes on after a failure, and takes a crash for one', async () => {
    const outcomes: [string, boolean, string][] = [];
    const crashing: Check = { name: 'crash', run: () => Promise.reject(new Error('no such program')) };
    const failing: Check = { name: 'fail', run: async () => ({ ok: false, output: 'because' }) };
    const all = [crashing, failing, passing('last')];
    expect(await runChecks(all, (name, { ok, output }) => outcomes.push([name, ok, output]))).toBe(false);
    expect(outcomes.toSorted(([a], [b]) => a.localeCompare(b))).toEqual([
      ['crash', false, 'Error: no such program'],
      ['fail', false, 'because'],
      ['last', true, ''],
    ]);
  });

  it('never has more than two at work', async () => {
    let atWork = 0;
    let most = 0;
    const busy = (name: string): Check => ({
      name,
      run: async () => {
        most = Math.max(most, ++atWork);
        await new Promise(setImmediate);
        atWork--;
        return { ok: true, output: '' };
      },
    });
    await runChecks(['a', 'b', 'c', 'd', 'e'].map(busy), () => undefined);
    expect(most).toBe(2);
  });
});
