import { readAuthorizationRules } from './authorization-rules.ts';
import { loadSupergraph } from '../supergraph.ts';
import { federate, type SubgraphSources } from '../testing/federation.ts';

/** What is asked for an element, in words: `signed in`, `scopes a+b|c`. */
function readRules(sdl: string) {
  const rules = readAuthorizationRules(loadSupergraph(sdl).supergraph.schema);
  const words = (ids: readonly number[]) =>
    ids
      .map((id) => {
        const clause = rules!.clauses[id]!;
        if (clause.kind === 'authenticated') return 'signed in';
        return `${clause.kind} ${clause.anyOf.map((set) => set.join('+')).join('|')}`;
      })
      .toSorted();
  return {
    rules,
    type: (name: string) => words(rules!.ofType(name)),
    field: (coordinate: string) => {
      const [type = '', field = ''] = coordinate.split('.');
      return words(rules!.ofField(type, field));
    },
  };
}

const rulesOf = (sources: SubgraphSources) => readRules(federate(sources).graph.sdl);

/** Takes what composition wrote away, as one of its older versions would not have written it. */
function withoutOne(sdl: string, element: RegExp, directive: string): string {
  const changed = sdl.replace(element, (text) => text.replace(directive, ''));
  expect(changed).not.toBe(sdl);
  return changed;
}

describe('what a supergraph asks of callers', () => {
  it('is nothing when it uses none of the directives', () => {
    expect(rulesOf({ a: ['type Query { a: Int }'] }).rules).toBeUndefined();
  });

  it('stands at fields, objects, scalars and enums', () => {
    const { type, field } = rulesOf({
      a: [
        `type Query { me: User  open: Int  secret: Int @authenticated }
        type User @requiresScopes(scopes: [["user"], ["b", "admin"]]) { id: ID!  ssn: Ssn  kind: Kind }
        scalar Ssn @policy(policies: [["pii"]])
        enum Kind @authenticated { A }`,
      ],
    });
    expect(type('User')).toEqual(['scopes admin+b|user']);
    expect(type('Ssn')).toEqual(['policies pii']);
    expect(type('Kind')).toEqual(['signed in']);
    expect(field('Query.secret')).toEqual(['signed in']);
    expect(field('Query.open')).toEqual([]);
    expect(field('Query.me')).toEqual([]);
  });

  it('is what each of several subgraphs asks, together', () => {
    const { field } = rulesOf({
      a: ['type Query { x: Int @shareable @requiresScopes(scopes: [["a"]]) @authenticated }'],
      b: ['type Query { x: Int @shareable @requiresScopes(scopes: [["b"], ["c"]]) }'],
    });
    expect(field('Query.x')).toEqual(['scopes a+b|a+c', 'signed in']);
  });

  it('is found under other names that the directives were given', () => {
    const { sdl } = federate({ a: ['type Query { x: Int @authenticated }'] }).graph;
    const renamed = sdl
      .replace(
        'authenticated/v0.1", for',
        'authenticated/v0.1", import: [{ name: "@authenticated", as: "@signedIn" }], for',
      )
      .replaceAll('directive @authenticated', 'directive @signedIn')
      .replaceAll('Int @authenticated', 'Int @signedIn');
    expect(readRules(renamed).field('Query.x')).toEqual(['signed in']);
    const prefixed = sdl
      .replace('authenticated/v0.1", for', 'authenticated/v0.1", as: "auth", for')
      .replaceAll('directive @authenticated', 'directive @auth')
      .replaceAll('Int @authenticated', 'Int @auth');
    expect(readRules(prefixed).field('Query.x')).toEqual(['signed in']);
  });

  it('is not taken for nothing when the supergraph links a directive that it does not define', () => {
    const { sdl } = federate({ a: ['type Query { x: Int @authenticated }'] }).graph;
    const undefinedDirective = sdl.replaceAll('@authenticated on', '@other on').replaceAll('Int @authenticated', 'Int');
    expect(() => readRules(undefinedDirective)).toThrow(/does not define @authenticated/);
  });

  it('is not guessed from a version that is not known here', () => {
    const { sdl } = federate({ a: ['type Query { x: Int @authenticated }'] }).graph;
    expect(() => loadSupergraph(sdl.replace('authenticated/v0.1', 'authenticated/v9.9'))).toThrow(/unsupported/);
  });

  describe('for an interface', () => {
    const sources: SubgraphSources = {
      a: [
        `type Query { nodes: [Node]  ones: [One] }
        interface Node { id: ID!  label: String }
        type One implements Node @requiresScopes(scopes: [["one"]]) { id: ID!  label: String }
        type Two implements Node { id: ID!  label: String @authenticated }`,
      ],
    };

    it('is what all the types ask that it may turn out to be, and not passed on between them', () => {
      const { type, field } = rulesOf(sources);
      expect(type('Node')).toEqual(['scopes one']);
      expect(field('Node.label')).toEqual(['signed in']);
      expect(field('One.label')).toEqual([]);
      expect(type('Two')).toEqual([]);
    });

    it('is so even if composition did not write it at the interface', () => {
      const { sdl } = federate(sources).graph;
      const node = /interface Node[^}]+}/;
      const old = withoutOne(withoutOne(sdl, node, '@requiresScopes(scopes: [["one"]])'), node, '@authenticated');
      expect(readRules(old).type('Node')).toEqual(['scopes one']);
      expect(readRules(old).field('Node.label')).toEqual(['signed in']);
    });

    it('holds for its types when it stands at the interface on its own account', () => {
      const { sdl } = federate(sources).graph;
      const old = sdl
        .replace(/(interface Node[^}]+label: String) @authenticated/, '$1 @requiresScopes(scopes: [["label"]])')
        .replace(/(interface Node[^{]+){/, '$1 @authenticated {');
      const { type, field } = readRules(old);
      expect(field('One.label')).toEqual(['scopes label']);
      expect(field('Two.label')).toEqual(['scopes label', 'signed in']);
      expect(field('Node.label')).toEqual(['scopes label', 'signed in']);
      expect(type('Two')).toEqual(['signed in']);
    });

    it('comes from an interface object, too', () => {
      const { field } = rulesOf({
        a: [
          `type Query { nodes: [Node] }
          interface Node @key(fields: "id") { id: ID! }
          type One implements Node @key(fields: "id") { id: ID! }`,
        ],
        b: ['type Node @key(fields: "id") @interfaceObject { id: ID!  extra: Int @authenticated }'],
      });
      expect(field('Node.extra')).toEqual(['signed in']);
      expect(field('One.extra')).toEqual(['signed in']);
    });
  });

  describe('for a field that is computed from others', () => {
    const withPrice = (estimate: string): SubgraphSources => ({
      a: [
        `type Query { products: [Product] }
        type Product @key(fields: "id") { id: ID!  price: Int @authenticated  size: Size }
        type Size { width: Width }
        scalar Width @requiresScopes(scopes: [["size"]])`,
      ],
      b: [
        `type Product @key(fields: "id") {
          id: ID!  price: Int @external  size: Size @external
          estimate: Int @requires(fields: "price size { width }") ${estimate}
          again: Int @shareable
        }
        type Size { width: Width @external }
        scalar Width`,
      ],
    });

    it('is what these ask, even if composition did not see to it', () => {
      const { sdl } = federate(withPrice('@authenticated @requiresScopes(scopes: [["size"]])')).graph;
      const estimate = /estimate: Int[^\n]+/;
      const old = withoutOne(
        withoutOne(sdl, estimate, '@authenticated'),
        estimate,
        '@requiresScopes(scopes: [["size"]])',
      );
      expect(readRules(old).field('Product.estimate')).toEqual(['scopes size', 'signed in']);
      expect(readRules(old).field('Product.again')).toEqual([]);
    });

    it('is what those ask that these are computed from in turn', () => {
      const { sdl } = federate({
        a: [
          `type Query { products: [Product] }
          type Product @key(fields: "id") { id: ID!  price: Int @authenticated }`,
        ],
        b: [
          `type Product @key(fields: "id") {
            id: ID!  price: Int @external  estimate: Int @requires(fields: "price") @authenticated
          }`,
        ],
        c: [
          `type Product @key(fields: "id") {
            id: ID!  estimate: Int @external  total: Int @requires(fields: "estimate") @authenticated
          }`,
        ],
      }).graph;
      const old = withoutOne(
        withoutOne(sdl, /estimate: Int[^\n]+/, '@authenticated'),
        /total: Int[^\n]+/,
        '@authenticated',
      );
      expect(readRules(old).field('Product.total')).toEqual(['signed in']);
    });

    it('is what the context asks that it is given', () => {
      const { sdl } = federate({
        a: [
          `type Query { shop: Shop }
          type Shop @context(name: "shop") { id: ID!  currency: String @authenticated  product: Product }
          type Product @key(fields: "id") {
            id: ID!  price(currency: String @fromContext(field: "$shop { currency }")): Int @authenticated
          }`,
        ],
        b: ['type Query { b: Int }'],
      }).graph;
      const old = withoutOne(sdl, /price: Int[^\n]+/, '@authenticated');
      expect(readRules(old).field('Product.price')).toEqual(['signed in']);
    });
  });
});
