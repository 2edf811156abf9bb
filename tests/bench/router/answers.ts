/** What is answered to whom: by each subgraph to a gateway, and by a right gateway to a client. */
import { buildSubgraphSchema } from '@apollo/subgraph';
import { buildSchema, graphql, graphqlSync, parse, type ExecutionResult, type GraphQLSchema } from 'graphql';
import { products, reviews, shippingEstimate, users, type Product } from './data.ts';
import { subgraphSources, wholeSdl, workloads, type Workload } from './graph.ts';

/** A request as it comes over HTTP, JSON. */
interface GraphRequest {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>> | null;
  readonly operationName?: string | null;
}

type Reference = Readonly<Record<string, unknown>>;

const rootValue = {
  users,
  topProducts: ({ first }: { first: number }): readonly Product[] => products.slice(0, first),
};

const userOf = ({ id }: Reference) => users.find((one) => one.id === id);
const reviewOf = ({ id }: Reference) => reviews.find((one) => one.id === id);
const productOf = ({ upc }: Reference) => products.find((one) => one.upc === upc);

/** Knows nothing of prices and weights but what it is told. */
function stockOf(reference: Reference): Pick<Product, 'upc' | 'inStock'> & { shippingEstimate(): number | null } {
  const { price, weight } = reference;
  const product = productOf(reference);
  if (product === undefined) throw new Error(`There is no product ${String(reference['upc'])}.`);
  return {
    upc: product.upc,
    inStock: product.inStock,
    shippingEstimate: () =>
      typeof price === 'number' && typeof weight === 'number' ? shippingEstimate({ price, weight }) : null,
  };
}

const references: Readonly<Record<string, Readonly<Record<string, (reference: Reference) => unknown>>>> = {
  accounts: { User: userOf },
  products: { Product: productOf },
  reviews: { Review: reviewOf, User: userOf, Product: productOf },
  inventory: { Product: stockOf },
};

function schemaOf(name: string, sdl: string): GraphQLSchema {
  const resolvers = Object.fromEntries(
    Object.entries(references[name] ?? {}).map(([type, find]) => [type, { __resolveReference: find }]),
  );
  return buildSubgraphSchema({ typeDefs: parse(sdl), resolvers });
}

const schemas = new Map(subgraphSources.map(({ name, sdl }) => [name, schemaOf(name, sdl)]));

/**
 * What a subgraph answers, JSON.
 *
 * @param body the request, JSON
 */
export async function subgraphAnswer(subgraph: string, body: string): Promise<string> {
  const schema = schemas.get(subgraph);
  if (schema === undefined) throw new Error(`There is no subgraph "${subgraph}".`);
  const { query, variables, operationName } = JSON.parse(body) as GraphRequest;
  const source = {
    schema,
    source: query,
    rootValue,
    variableValues: variables ?? {},
    operationName: operationName ?? null,
  };
  return JSON.stringify(await graphql(source));
}

/** The right answer, made by one schema with all the data. */
export function rightAnswer(workload: Workload): ExecutionResult {
  return graphqlSync({ schema: buildSchema(wholeSdl), source: workloads[workload], rootValue });
}
