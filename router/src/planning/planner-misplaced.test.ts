import { byKey, federate } from '../testing/federation.ts';

interface Product {
  id: string;
  name?: string;
  price?: number;
  weight?: number;
  shipping?: number;
  box?: { width: number };
}

/** `inventory` has the products at hand, and computes what `labels` requires from what `products` knows. */
const { ask } = federate({
  products: [
    `type Query { products: [Product!]! }
    type Product @key(fields: "id") { id: ID!  name: String  price: Int  weight: Int }`,
    {
      Query: { products: () => [{ id: '1' }, { id: '2' }] },
      Product: {
        name: ({ id }: Product) => `product ${id}`,
        price: ({ id }: Product) => Number(id),
        weight: ({ id }: Product) => Number(id) * 10,
        ...byKey(() => ({})),
      },
    },
  ],
  inventory: [
    `type Query { shelf: Shelf  shelves: [Shelf!]! }
    type Shelf { first: Product  all: [[Product!]!]! }
    type Product @key(fields: "id") {
      id: ID!
      amount: Int
      price: Int @external
      weight: Int @external
      shipping(express: Boolean): Int @requires(fields: "price weight")
      box: Box @requires(fields: "weight")
      twin: Product
    }
    type Box { width: Int  holds: Product }`,
    {
      Query: { shelf: () => ({}), shelves: () => [{}] },
      Shelf: { first: () => ({ id: '1' }), all: () => [[{ id: '1' }, { id: '2' }]] },
      Product: {
        amount: () => 5,
        shipping: ({ price, weight }: Product, { express }: { express?: boolean }) =>
          price! + weight! + (express === true ? 100 : 0),
        box: ({ id, weight }: Product) => ({ width: weight, holds: { id } }),
        twin: ({ id }: Product) => ({ id: id === '1' ? '2' : '1' }),
        ...byKey(() => ({})),
      },
    },
  ],
  labels: [
    `type Product @key(fields: "id") {
      id: ID!
      name: String @external
      shipping(express: Boolean): Int @external
      box: Box @external
      label: String @requires(fields: "name shipping(express: true)")
      cost: Int @requires(fields: "shipping")
      size: Int @requires(fields: "box { width }")
    }
    type Box @external { width: Int }`,
    {
      Product: {
        label: ({ name, shipping }: Product) => `${name}: ${shipping}`,
        cost: ({ shipping }: Product) => shipping,
        size: ({ box }: Product) => box?.width,
        ...byKey(() => ({})),
      },
    },
  ],
});

describe('a field that requires what another subgraph requires others for', () => {
  it.each([
    ['{ shelf { first { label } } }', { shelf: { first: { label: 'product 1: 111' } } }],
    ['{ shelf { first { cost amount } } }', { shelf: { first: { cost: 11, amount: 5 } } }],
    ['{ shelf { first { size } } }', { shelf: { first: { size: 10 } } }],
    [
      '{ shelf { first { size label cost name price } } }',
      { shelf: { first: { size: 10, label: 'product 1: 111', cost: 11, name: 'product 1', price: 1 } } },
    ],
    [
      '{ shelf { first { shipping cost box { holds { name } } size } } }',
      { shelf: { first: { shipping: 11, cost: 11, box: { holds: { name: 'product 1' } }, size: 10 } } },
    ],
    [
      '{ shelves { all { cost twin { id label } } } }',
      {
        shelves: [
          {
            all: [
              [
                { cost: 11, twin: { id: '2', label: 'product 2: 122' } },
                { cost: 22, twin: { id: '1', label: 'product 1: 111' } },
              ],
            ],
          },
        ],
      },
    ],
    ['{ products { label cost } }', { products: [{ label: 'product 1: 111', cost: 11 }, { label: 'product 2: 122', cost: 22 }] }], // prettier-ignore
  ])('%s', async (query, expected) => {
    const { data, errors } = await ask(query);
    expect(errors).toBeUndefined();
    expect(data).toEqual(expected);
  });

  it.each([true, false])('depends on a condition: %s', async (a) => {
    const query =
      'query ($a: Boolean!) { shelf { first { amount ... @include(if: $a) { cost } name @skip(if: $a) } } }';
    const { data, errors } = await ask(query, { a });
    expect(errors).toBeUndefined();
    expect(data.shelf.first).toEqual(a ? { amount: 5, cost: 11 } : { amount: 5, name: 'product 1' });
  });
});

describe('a condition that stands around what requires others', () => {
  it.each([
    ['{ shelf { first { ... on Product @include(if: $a) { shipping } } } shelf { first { box { width } } } }'],
    ['{ shelf { first @include(if: $a) { shipping } first { box { width } } } }'],
  ])('leaves the others alone: %s', async (query) => {
    for (const a of [true, false]) {
      const { data, errors } = await ask(`query ($a: Boolean!) ${query}`, { a });
      expect(errors).toBeUndefined();
      expect(data).toEqual({ shelf: { first: { ...(a && { shipping: 11 }), box: { width: 10 } } } });
    }
  });
});
