import { rightAnswer, subgraphAnswer } from './answers.ts';
import { workloadNames } from './graph.ts';

describe('the graph that gateways are measured with', () => {
  it('has right answers of the sizes of the public benchmark', () => {
    const sizes = workloadNames.map((workload) => {
      const answer = rightAnswer(workload);
      expect(answer.errors).toBeUndefined();
      return Math.round(JSON.stringify(answer).length / 1000);
    });
    expect(sizes).toEqual([88, 5, 0]);
  });

  it('has a stock that reckons with the prices and weights that it is told', async () => {
    const query =
      'query ($representations: [_Any!]!) { _entities(representations: $representations) { ... on Product { inStock shippingEstimate } } }';
    const representations = [
      { __typename: 'Product', upc: '1', price: 899, weight: 100 },
      { __typename: 'Product', upc: '2', price: 1299, weight: 1000 },
      { __typename: 'Product', upc: '3' },
    ];
    expect(
      JSON.parse(await subgraphAnswer('inventory', JSON.stringify({ query, variables: { representations } }))),
    ).toEqual({
      data: {
        _entities: [
          { inStock: true, shippingEstimate: 50 },
          { inStock: false, shippingEstimate: 0 },
          { inStock: true, shippingEstimate: null },
        ],
      },
    });
  });
});
