/**
 * The graph that gateways are measured with, of the shape of the public gateways benchmark: users, their reviews, the products
 * they are about, and what is in stock of these, each in a subgraph of its own.
 */

export interface SubgraphSource {
  readonly name: string;
  readonly sdl: string;
}

function withFederation(directives: string, sdl: string): string {
  return `extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: [${directives}])\n${sdl}`;
}

/**
 * Written so that gateways of federation 1 read them, too: what another subgraph owns is extended, with its key external.
 *
 * The argument `visit` of root fields changes no answer: it is there to be another one in each request.
 */
export const subgraphSources: readonly SubgraphSource[] = [
  {
    name: 'accounts',
    sdl: withFederation(
      '"@key"',
      `extend type Query {
  users(visit: ID): [User!]!
}

type User @key(fields: "id") {
  id: ID!
  name: String
  username: String
  birthday: String
}
`,
    ),
  },
  {
    name: 'products',
    sdl: withFederation(
      '"@key"',
      `extend type Query {
  topProducts(first: Int! = 5, visit: ID): [Product!]!
}

type Product @key(fields: "upc") {
  upc: String!
  name: String
  price: Int
  weight: Int
}
`,
    ),
  },
  {
    name: 'reviews',
    sdl: withFederation(
      '"@key", "@external"',
      `type Review @key(fields: "id") {
  id: ID!
  body: String
  author: User
  product: Product
}

extend type User @key(fields: "id") {
  id: ID! @external
  reviews: [Review!]
}

extend type Product @key(fields: "upc") {
  upc: String! @external
  reviews: [Review!]
}
`,
    ),
  },
  {
    name: 'inventory',
    sdl: withFederation(
      '"@key", "@external", "@requires"',
      `extend type Product @key(fields: "upc") {
  upc: String! @external
  price: Int @external
  weight: Int @external
  inStock: Boolean
  shippingEstimate: Int @requires(fields: "price weight")
}
`,
    ),
  },
];

/** The same graph as one schema, which says what the right answers are. */
export const wholeSdl = `type Query {
  users(visit: ID): [User!]!
  topProducts(first: Int! = 5, visit: ID): [Product!]!
}

type User {
  id: ID!
  name: String
  username: String
  birthday: String
  reviews: [Review!]
}

type Product {
  upc: String!
  name: String
  price: Int
  weight: Int
  reviews: [Review!]
  inStock: Boolean
  shippingEstimate: Int
}

type Review {
  id: ID!
  body: String
  author: User
  product: Product
}
`;

const heavy = `query Heavy($visit: ID) {
  users(visit: $visit) {
    ...TheUser
    reviews {
      ...TheReview
      product {
        ...TheProduct
        reviews {
          ...TheReview
          author {
            ...TheUser
            reviews {
              ...TheReview
              product {
                ...TheProduct
              }
            }
          }
        }
      }
    }
  }
  topProducts(first: 5, visit: $visit) {
    ...TheProduct
    reviews {
      ...TheReview
      author {
        ...TheUser
        reviews {
          ...TheReview
          product {
            ...TheProduct
          }
        }
      }
    }
  }
}

fragment TheUser on User {
  id
  username
  name
}

fragment TheReview on Review {
  id
  body
}

fragment TheProduct on Product {
  upc
  name
  price
  weight
  inStock
  shippingEstimate
}`;

const medium = `query Medium($visit: ID) {
  users(visit: $visit) {
    id
    username
    name
    reviews {
      id
      body
    }
  }
}`;

const trivial = `query Trivial($visit: ID) {
  users(visit: $visit) {
    id
  }
}`;

export const workloads = { heavy, medium, trivial } as const;

export type Workload = keyof typeof workloads;

export const workloadNames = Object.keys(workloads) as readonly Workload[];
