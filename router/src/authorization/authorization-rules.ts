import {
  AUTHENTICATED_VERSIONS,
  POLICY_VERSIONS,
  REQUIRES_SCOPES_VERSIONS,
  AuthenticatedSpecDefinition,
  PolicySpecDefinition,
  RequiresScopesSpecDefinition,
  type FeatureDefinition,
  type FieldDefinition,
  type NamedType,
  type ObjectType,
  type Schema,
} from '@apollo/federation-internals';
import { addDependencies, addNeeds, type Needs } from './authorization-dependencies.ts';

/** One thing that is asked of a caller: a token, or one of several sets of scopes, or of policies. */
export type Clause =
  | { readonly kind: 'authenticated' }
  | { readonly kind: 'scopes' | 'policies'; readonly anyOf: readonly (readonly string[])[] };

/** What is asked of callers, by the clauses' places in `clauses`; an element that asks nothing has no entry. */
export interface AuthorizationRules {
  readonly clauses: readonly Clause[];
  /** For a field of this type, and for a fragment on it. */
  ofType(type: string): readonly number[];
  /** For the field itself; what its type asks comes on top. */
  ofField(type: string, field: string): readonly number[];
}

const none: readonly number[] = [];
/** Two directives are compared set by set, so many at most. */
const maxCompared = 1_000;

/**
 * Reads `@authenticated`, `@requiresScopes` and `@policy` from a supergraph, under whatever names it has them.
 *
 * Three things are made sure here that composition sees to only since 2.12, so that an older supergraph leaks nothing:
 * - an interface asks all that any of the types asks that it may turn out to be, and its fields likewise;
 * - what an interface asks on its own account holds for these types, too;
 * - a field asks what the fields ask that it is computed from (`@requires`, `@fromContext`).
 *
 * @returns undefined when nothing is asked of anybody
 */
export function readAuthorizationRules(schema: Schema): AuthorizationRules | undefined {
  const { clauses, needs } = ownNeeds(schema);
  if (clauses.length === 0) return undefined;
  pushDown(schema, clauses, needs);
  // Each pass only adds, and there are only so many clauses: it ends.
  let size: number;
  do {
    size = sizeOf(needs);
    addDependencies(schema, needs);
    pullUp(schema, needs);
  } while (sizeOf(needs) !== size);
  const byElement = new Map([...needs].map(([element, ids]) => [element, [...ids]]));
  return {
    clauses,
    ofType: (type) => byElement.get(type) ?? none,
    ofField: (type, field) => byElement.get(`${type}.${field}`) ?? none,
  };
}

/** What stands at the elements themselves. */
function ownNeeds(schema: Schema): { clauses: readonly Clause[]; needs: Needs } {
  const clauses: Clause[] = [];
  const ids = new Map<string, number>();
  const needs: Needs = new Map();

  function idOf(clause: Clause): number {
    const text = JSON.stringify(clause);
    const known = ids.get(text);
    if (known !== undefined) return known;
    ids.set(text, clauses.length);
    return clauses.push(clause) - 1;
  }

  for (const { definition, clauseOf } of directivesOf(schema)) {
    for (const application of definition.applications()) {
      const { coordinate } = application.parent as NamedType | FieldDefinition<ObjectType>;
      addNeeds(needs, coordinate, [idOf(clauseOf(application.arguments()))]);
    }
  }
  return { clauses, needs };
}

function directivesOf(schema: Schema) {
  const kinds = [
    [AUTHENTICATED_VERSIONS, AuthenticatedSpecDefinition, (): Clause => ({ kind: 'authenticated' })],
    [REQUIRES_SCOPES_VERSIONS, RequiresScopesSpecDefinition, clauseReader('scopes')],
    [POLICY_VERSIONS, PolicySpecDefinition, clauseReader('policies')],
  ] as const;
  return kinds.flatMap(([versions, { identity, directiveName }, clauseOf]) => {
    const feature = schema.coreFeatures?.getByIdentity(identity);
    if (feature === undefined) return [];
    if ((versions.find(feature.url.version) as FeatureDefinition | undefined) === undefined) {
      throw new Error(`The supergraph uses ${feature.url.toString()}, a version that can't be enforced here.`);
    }
    const name = feature.directiveNameInSchema(directiveName);
    const definition = schema.directive(name);
    // To take it for one that is not used might mean to enforce nothing.
    if (definition === undefined)
      throw new Error(`The supergraph links ${feature.url.toString()} and does not define @${name}.`);
    return [{ definition, clauseOf }];
  });
}

function clauseReader(kind: 'scopes' | 'policies') {
  return function clauseOf(values: Readonly<Record<string, unknown>>): Clause {
    const sets = values[kind] as readonly (readonly string[])[];
    // In one order, so that two ways to write the same thing are one clause.
    const anyOf = sets.map((set) => [...new Set(set)].toSorted()).toSorted((a, b) => (a.join() < b.join() ? -1 : 1));
    return { kind, anyOf };
  };
}

/** An interface asks what its runtime types ask, its fields what theirs ask. */
function pullUp(schema: Schema, needs: Needs): void {
  for (const type of schema.interfaceTypes()) {
    for (const runtime of type.possibleRuntimeTypes()) {
      addNeeds(needs, type.name, needs.get(runtime.name));
      for (const { name } of type.fields()) {
        addNeeds(needs, `${type.name}.${name}`, needs.get(`${runtime.name}.${name}`));
      }
    }
  }
}

/**
 * What an interface asks on its own account holds for its runtime types. Composition writes the sum of what the runtime types
 * ask at the interface: that is not on its own account, and goes down to none of them.
 */
function pushDown(schema: Schema, clauses: readonly Clause[], needs: Needs): void {
  const additions: (readonly [element: string, id: number])[] = [];
  function collect(element: string, runtimeElements: readonly string[]): void {
    for (const id of needs.get(element) ?? none) {
      const clause = clauses[id]!;
      const below = runtimeElements.flatMap((one) => [...(needs.get(one) ?? none)]).map((one) => clauses[one]!);
      if (!isSumOf(clause, below)) additions.push(...runtimeElements.map((one) => [one, id] as const));
    }
  }
  for (const type of schema.interfaceTypes()) {
    const runtimes = type.possibleRuntimeTypes();
    collect(
      type.name,
      runtimes.map(({ name }) => name),
    );
    for (const { name } of type.fields()) {
      collect(
        `${type.name}.${name}`,
        runtimes.map((runtime) => `${runtime.name}.${name}`),
      );
    }
  }
  for (const [element, id] of additions) addNeeds(needs, element, [id]);
}

/** Whether a clause holds for everybody for whom all of `parts` hold. When in doubt it is false, which asks for more. */
function isSumOf(clause: Clause, parts: readonly Clause[]): boolean {
  if (clause.kind === 'authenticated') return parts.some(({ kind }) => kind === 'authenticated');
  let sets: readonly (readonly string[])[] | undefined;
  for (const part of new Set(parts)) {
    if (part.kind === 'authenticated' || part.kind !== clause.kind) continue;
    const { anyOf } = part;
    sets = sets === undefined ? anyOf : sets.flatMap((set) => anyOf.map((more) => set.concat(more)));
    if (sets.length > maxCompared) return false;
  }
  return (
    sets !== undefined && sets.every((set) => clause.anyOf.some((wanted) => wanted.every((one) => set.includes(one))))
  );
}

function sizeOf(needs: Needs): number {
  let size = 0;
  for (const { size: more } of needs.values()) size += more;
  return size;
}
