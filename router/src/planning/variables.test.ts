import { buildSchema, getOperationAST, getVariableValues, parse } from 'graphql';
import { createVariablesCheck } from './variables.ts';

const schema = buildSchema(`
  type Query { f(a: A, n: Int, k: [K!], d: Float, i: ID, m: Moment, b: Boolean!): Int }
  input A { name: String!  count: Int! = 1  more: A  list: [[Int]] }
  enum K { X Y }
  scalar Moment
`);
const operation = getOperationAST(
  parse(`query ($a: A, $n: Int, $k: [K!], $d: Float, $i: ID, $m: Moment, $b: Boolean!, $s: String! = "x")
    { f(a: $a, n: $n, k: $k, d: $d, i: $i, m: $m, b: $b) }`),
)!;
const wrong = createVariablesCheck(schema, operation);

describe('the check of variables', () => {
  it.each([
    {},
    { b: true },
    { b: null },
    { b: 'true' },
    { b: true, a: { name: 'x' } },
    { b: true, a: { name: 'x', more: { name: 'y', list: [[1, null], null] } } },
    { b: true, a: { name: 'x', more: { name: null } } },
    { b: true, a: { count: 2 } },
    { b: true, a: { name: 'x', count: null } },
    { b: true, a: { name: 'x', other: 1 } },
    { b: true, a: [] },
    { b: true, a: 'x' },
    { b: true, n: 2 ** 31 },
    { b: true, n: 1.5 },
    { b: true, n: -(2 ** 31) },
    { b: true, k: ['X', 'Z'] },
    { b: true, k: 'X' },
    { b: true, k: [null] },
    { b: true, d: Infinity },
    { b: true, d: '1' },
    { b: true, i: 5 },
    { b: true, i: 5.5 },
    { b: true, m: { any: 'thing' } },
    { b: true, s: null },
    { b: true, unknown: 1 },
  ])('says of %j what graphql-js says', (variables) => {
    const { errors } = getVariableValues(schema, operation.variableDefinitions!, variables, { maxErrors: 20 });
    expect(wrong(variables)?.map(String)).toEqual(errors?.map(String));
  });
});

describe('a condition that may be null by its type', () => {
  const query = 'query ($b: Boolean = true, $c: Boolean = true) { f(b: true) @include(if: $b) g: f(b: $c) }';
  const check = createVariablesCheck(schema, getOperationAST(parse(query))!, ['b']);

  it.each([{}, { b: true }, { b: false, c: null }])('is good as %j', (variables) => {
    expect(check(variables)).toBeUndefined();
  });

  it('is not good as null', () => {
    expect(String(check({ b: null }))).toContain('"$b" is a condition of @skip or @include');
  });
});
