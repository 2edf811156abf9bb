import { byKey, federate } from '../testing/federation.ts';

const prices = { USD: 10, EUR: 9 } as const;
interface Product {
  id: string;
  price?: number | null;
  weight?: number;
  box?: { width: number };
}

/** `products` knows prices; `inventory` and `tax` require them, in several currencies. */
const shop = federate({
  products: [
    `type Query { product: Product  products: [Product!]! }
    enum Currency { USD EUR }
    type Product @key(fields: "id") {
      id: ID!  name: String  price(currency: Currency): Int  weight: Int  nothing(of: Int): Int  box(unit: Int): Box
    }
    type Box { width(times: Int = 1): Int }`,
    {
      Query: { product: () => ({ id: '1' }), products: () => [{ id: '1' }, { id: '2' }] },
      Product: {
        name: ({ id }: Product) => `product ${id}`,
        price: ({ id }: Product, { currency = 'USD' }: { currency?: 'USD' | 'EUR' }) => prices[currency] * Number(id),
        weight: ({ id }: Product) => 100 * Number(id),
        nothing: () => null,
        box: (_: Product, { unit }: { unit?: number }) => ({ width: unit ?? 1 }),
        ...byKey(() => ({})),
      },
      Box: { width: ({ width }: { width: number }, { times }: { times: number }) => width * times },
    },
  ],
  inventory: [
    `enum Currency { USD EUR }
    type Product @key(fields: "id") {
      id: ID!
      price(currency: Currency): Int @external
      weight: Int @external
      nothing(of: Int): Int @external
      box(unit: Int): Box @external
      stock: Int
      shippingUsd: Int @requires(fields: "price(currency: USD)")
      shippingEur: Int @requires(fields: "price(currency: EUR)")
      shipping: Int @requires(fields: "price weight")
      byWeight: Int @requires(fields: "weight")
      known: String @requires(fields: "nothing(of: 1)")
      narrow: Int @requires(fields: "box(unit: 2) { width(times: 3) }")
      wide: Int @requires(fields: "box(unit: 2) { width(times: 5) }")
    }
    type Box @external { width(times: Int = 1): Int }`,
    {
      Product: {
        stock: () => 5,
        shippingUsd: ({ price }: Product) => price,
        shippingEur: ({ price }: Product) => price,
        shipping: ({ price, weight }: Product) => Number(price) + Number(weight),
        byWeight: ({ weight }: Product) => weight,
        known: (product: Product) => JSON.stringify(product),
        narrow: ({ box }: Product) => box?.width,
        wide: ({ box }: Product) => box?.width,
        ...byKey(() => ({})),
      },
    },
  ],
  tax: [
    `enum Currency { USD EUR }
    type Product @key(fields: "id") {
      id: ID!
      price(currency: Currency): Int @external
      tax: Int @requires(fields: "price(currency: EUR)")
    }`,
    { Product: { tax: ({ price }: Product) => price, ...byKey(() => ({})) } },
  ],
});

describe('what subgraphs require is kept apart from what clients ask for', () => {
  it.each([
    ['{ product { price(currency: EUR) shippingUsd } }', { price: 9, shippingUsd: 10 }],
    ['{ product { shippingUsd price(currency: EUR) } }', { shippingUsd: 10, price: 9 }],
    ['{ product { price(currency: EUR) shipping } }', { price: 9, shipping: 110 }],
    ['{ product { price shipping } }', { price: 10, shipping: 110 }],
    ['{ product { price: name shippingUsd shipping } }', { price: 'product 1', shippingUsd: 10, shipping: 110 }],
    ['{ product { id: name stock } }', { id: 'product 1', stock: 5 }],
    ['{ product { i: id id: weight weight: name byWeight } }', { i: '1', id: 100, weight: 'product 1', byWeight: 100 }],
    ['{ product { __typename: name t: __typename stock } }', { __typename: 'product 1', t: 'Product', stock: 5 }],
    ['{ product { price: __typename stock shipping } }', { price: 'Product', stock: 5, shipping: 110 }],
    ['{ product { price__args_1: name shippingUsd } }', { price__args_1: 'product 1', shippingUsd: 10 }],
    ['{ product { box { width } narrow } }', { box: { width: 1 }, narrow: 6 }],
    ['{ product { box(unit: 7) { width: width(times: 2) } narrow } }', { box: { width: 14 }, narrow: 6 }],
    ['{ product { __proto__: name constructor: stock } }', { ['__proto__']: 'product 1', constructor: 5 }],
    ['{ product { x__alias_0: name x: stock } }', { x__alias_0: 'product 1', x: 5 }],
  ])('%s', async (query, product) => {
    const { data, errors } = await shop.ask(query);
    expect(errors).toBeUndefined();
    expect(JSON.stringify(data)).toBe(JSON.stringify({ product }));
  });
});

describe('requirements of one field with different arguments', () => {
  it.each([
    ['in one subgraph', '{ product { shippingUsd shippingEur } }', { shippingUsd: 10, shippingEur: 9 }],
    ['in two subgraphs', '{ product { shippingUsd tax } }', { shippingUsd: 10, tax: 9 }],
    ['and with none', '{ product { shipping shippingEur stock } }', { shipping: 110, shippingEur: 9, stock: 5 }],
    ['below another field', '{ product { narrow wide } }', { narrow: 6, wide: 10 }],
    [
      'together with the field itself',
      '{ product { shippingEur price price2: price(currency: EUR) shippingUsd } }',
      { shippingEur: 9, price: 10, price2: 9, shippingUsd: 10 },
    ],
  ])('are told apart %s', async (_where, query, product) => {
    const { data, errors } = await shop.ask(query);
    expect(errors).toBeUndefined();
    expect(data).toEqual({ product });
  });

  it('are told apart for each of a list', async () => {
    const { data } = await shop.ask('{ products { shippingUsd shippingEur tax } }');
    expect(data).toEqual({
      products: [
        { shippingUsd: 10, shippingEur: 9, tax: 9 },
        { shippingUsd: 20, shippingEur: 18, tax: 18 },
      ],
    });
  });

  it('send null under the name that the subgraph knows', async () => {
    const { data } = await shop.ask('{ product { known } }');
    expect(JSON.parse(data.product.known)).toEqual({ __typename: 'Product', id: '1', nothing: null });
  });
});

describe('a condition on a field that requires another', () => {
  const query = `query ($a: Boolean!, $b: Boolean = false) {
    product { stock byWeight @include(if: $a) shipping @include(if: $b) }
  }`;
  it.each([
    [{ a: false }, { stock: 5 }],
    [{ a: true }, { stock: 5, byWeight: 100 }],
    [
      { a: false, b: true },
      { stock: 5, shipping: 110 },
    ],
    [
      { a: true, b: true },
      { stock: 5, byWeight: 100, shipping: 110 },
    ],
  ])('leaves the others alone: %j', async (variables, product) => {
    const { data, errors, requests } = await shop.ask(query, variables);
    expect(errors).toBeUndefined();
    expect(data).toEqual({ product });
    expect(requests).toHaveLength(2);
  });

  it('may be one of many', async () => {
    const many = `query ($a: Boolean!, $b: Boolean!, $c: Boolean!, $d: Boolean!, $e: Boolean!) {
      product {
        stock byWeight @include(if: $a) shippingUsd @skip(if: $b) ... @include(if: $c) { narrow }
        known @include(if: $d) shippingEur @include(if: $e)
      }
    }`;
    for (let values = 0; values < 32; values++) {
      const [a, b, c, d, e] = [1, 2, 4, 8, 16].map((bit) => (values & bit) > 0);
      const { data, errors } = await shop.ask(many, { a, b, c, d, e });
      expect(errors).toBeUndefined();
      expect(data.product).toEqual({
        stock: 5,
        ...(a && { byWeight: 100 }),
        ...(!b && { shippingUsd: 10 }),
        ...(c && { narrow: 6 }),
        ...(d && { known: expect.stringContaining('"nothing":null') }),
        ...(e && { shippingEur: 9 }),
      });
    }
  });
});

describe('a key that is not resolvable', () => {
  it('is not used, though it is listed first', async () => {
    const { ask } = federate({
      a: [
        'type Query { a: Product } type Product @key(fields: "id") @key(fields: "upc") { id: ID!  upc: ID!  weight: Int }',
        { Query: { a: () => ({ id: '1', upc: 'u' }) }, Product: byKey(() => ({ weight: 3 })) },
      ],
      b: [
        `type Query { b: Product }
        type Product @key(fields: "upc", resolvable: false) @key(fields: "id") {
          id: ID!  upc: ID!  weight: Int @external  byWeight: Int @requires(fields: "weight")
        }`,
        {
          Query: { b: () => ({ id: '1', upc: 'u' }) },
          Product: { byWeight: ({ weight }: { weight: number }) => weight, ...byKey(() => ({})) },
        },
      ],
    });
    const { data, requests } = await ask('{ b { byWeight } }');
    expect(data).toEqual({ b: { byWeight: 3 } });
    expect(requests.at(-1)!.variables.representations).toEqual([{ __typename: 'Product', weight: 3, id: '1' }]);
  });
});

describe("variables that are called like the plan's own", () => {
  it('reach the subgraphs', async () => {
    const query = `query ($representations: Currency, $contextualArgument_1_0: Boolean = true) {
      product { price(currency: $representations) byWeight @include(if: $contextualArgument_1_0) }
    }`;
    const { data, errors } = await shop.ask(query, { representations: 'EUR' });
    expect(errors).toBeUndefined();
    expect(data).toEqual({ product: { price: 9, byWeight: 100 } });
    const skipped = await shop.ask(query, { representations: 'EUR', contextualArgument_1_0: false });
    expect(skipped.data).toEqual({ product: { price: 9 } });
    const wrong = await shop.ask(query, { representations: 'WON' });
    expect(wrong.errors![0]!.message).toContain('$representations');
  });
});

describe('nothing to ask', () => {
  it.each([
    ['{ product @skip(if: true) { id } }', {}],
    ['{ ... @include(if: false) { product { id } } __typename }', { __typename: 'Query' }],
    ['{ __typename }', { __typename: 'Query' }],
    ['{ __type(name: "Product") { name } }', { __type: { name: 'Product' } }],
    ['{ product { name @skip(if: true) } }', { product: {} }],
  ])('is right for %s', async (query, expected) => {
    const { data, errors } = await shop.ask(query);
    expect(errors).toBeUndefined();
    expect(data).toEqual(expected);
  });

  it.each([true, false])('is right for what conditions exclude each other: %s', async (a) => {
    const query = 'query ($a: Boolean!) { ... @skip(if: $a) { product @include(if: $a) { id } } }';
    expect(await shop.ask(query, { a })).toMatchObject({ data: {}, requests: [] });
  });
});

describe('arguments from above', () => {
  const { ask } = federate({
    orders: [
      `type Query { customers: [Customer!]! }
      type Customer @key(fields: "id") @context(name: "customer") {
        id: ID!
        locale(form: Int): String @external
        orders: [Order!]!
      }
      type Order @key(fields: "id") {
        id: ID!
        short(locale: String @fromContext(field: "$customer { locale(form: 1) }")): String
        long(locale: String @fromContext(field: "$customer { locale(form: 2) }")): String
      }`,
      {
        Query: { customers: () => [{ id: '1' }, { id: '2' }] },
        Customer: { orders: ({ id }: { id: string }) => [{ id: `${id}-1` }, { id: `${id}-2` }], ...byKey(() => ({})) },
        Order: {
          short: ({ id }: { id: string }, { locale }: { locale: string }) => `${id} ${locale}`,
          long: ({ id }: { id: string }, { locale }: { locale: string }) => `${id} ${locale}`,
          ...byKey(() => ({})),
        },
      },
    ],
    people: [
      'type Customer @key(fields: "id") { id: ID!  locale(form: Int): String }',
      {
        Customer: {
          locale: ({ id }: { id: string }, { form }: { form: number }) => `${id}:${form}`,
          ...byKey(() => ({})),
        },
      },
    ],
  });

  it('are told apart when they are one field with different arguments, for clients, too', async () => {
    const { data, errors } = await ask('{ customers { locale(form: 3) orders { long short } } }');
    expect(errors).toBeUndefined();
    expect(data).toEqual({
      customers: [
        { locale: '1:3', orders: [{ long: '1-1 1:2', short: '1-1 1:1' }, { long: '1-2 1:2', short: '1-2 1:1' }] },
        { locale: '2:3', orders: [{ long: '2-1 2:2', short: '2-1 2:1' }, { long: '2-2 2:2', short: '2-2 2:1' }] },
      ],
    }); // prettier-ignore
  });
});
