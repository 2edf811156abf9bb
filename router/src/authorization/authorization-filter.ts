import {
  getNamedType,
  isAbstractType,
  isCompositeType,
  isObjectType,
  isInterfaceType,
  Kind,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type FragmentSpreadNode,
  type GraphQLCompositeType,
  type GraphQLObjectType,
  type GraphQLSchema,
  type InlineFragmentNode,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import type { AuthorizationRules } from './authorization-rules.ts';

/** What an operation asks of its caller. */
export interface OperationNeeds {
  /** All that is asked somewhere in it. */
  readonly clauses: readonly number[];
  readonly byField: ReadonlyMap<FieldNode, readonly number[]>;
}

/** An operation's parts, as the steps here want them. */
export interface OperationParts {
  readonly schema: GraphQLSchema;
  readonly operation: OperationDefinitionNode;
  readonly root: GraphQLObjectType;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
}

export function partsOf(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode) {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  return { schema, operation, root: schema.getRootType(operation.operation)!, fragments } satisfies OperationParts;
}

/**
 * A field asks what it asks itself, what the type asks that it is selected on, and what the type asks that it returns. The type
 * that it is selected on is the fragment's around it, if there is one; an interface's word includes that of all types that it
 * may turn out to be, so that no other has to be asked.
 *
 * @returns undefined when the operation asks nothing of anybody
 */
export function needsOf(rules: AuthorizationRules, parts: OperationParts): OperationNeeds | undefined {
  const byField = new Map<FieldNode, readonly number[]>();

  function walk({ selections }: SelectionSetNode, type: GraphQLCompositeType): void {
    for (const node of selections) {
      if (node.kind === Kind.FIELD) {
        const returned = returnedBy(node, type);
        if (returned === undefined) continue;
        const asked = [rules.ofType(type.name), rules.ofField(type.name, node.name.value), rules.ofType(returned.name)];
        const ids = new Set(asked.flat());
        if (ids.size > 0) byField.set(node, [...ids]);
        if (node.selectionSet !== undefined && isCompositeType(returned)) walk(node.selectionSet, returned);
      } else if (node.kind === Kind.INLINE_FRAGMENT) {
        walk(node.selectionSet, conditionOf(node, parts.schema) ?? type);
      }
    }
  }

  walk(parts.operation.selectionSet, parts.root);
  for (const fragment of usedFragments(parts.operation.selectionSet, parts.fragments)) {
    walk(fragment.selectionSet, conditionOf(fragment, parts.schema)!);
  }
  return byField.size === 0 ? undefined : { clauses: [...new Set([...byField.values()].flat())], byField };
}

/** What is left of an operation for a caller who lacks something. */
export interface Filtered {
  /** undefined when nothing is left */
  readonly document: DocumentNode | undefined;
  readonly operation: OperationDefinitionNode | undefined;
  /** Fields that were taken out, as they stand in the client's document. */
  readonly denied: ReadonlySet<FieldNode>;
  /** Of the client's document: from whose inside something was taken. */
  readonly touched: ReadonlySet<SelectionSetNode>;
  /** Where a touched object of an abstract type says its own type. */
  readonly typenameAlias: string;
}

/**
 * Takes out what asks one of the `unmet` clauses. What is left is a valid operation with the same variables; an object of which
 * nothing is left stays, because a client can see whether it is null.
 */
export function filterOperation(parts: OperationParts, needs: OperationNeeds, unmet: readonly number[]): Filtered {
  const denied = new Set<FieldNode>();
  for (const [node, ids] of needs.byField) if (ids.some((id) => unmet.includes(id))) denied.add(node);
  const touched = new Set<SelectionSetNode>();
  const typenameAlias = unusedName(parts);
  const left = new Map<string, FragmentDefinitionNode | undefined>();

  /** @returns undefined when nothing is left, the set itself when nothing was taken */
  function filterSet(set: SelectionSetNode, type: GraphQLCompositeType): SelectionSetNode | undefined {
    const selections: SelectionNode[] = [];
    for (const node of set.selections) {
      const kept = filterNode(node, type);
      if (kept !== undefined) selections.push(kept);
      if (kept !== node || (node.kind === Kind.FRAGMENT_SPREAD && isTouched(node))) touched.add(set);
    }
    if (!touched.has(set)) return set;
    return selections.length === 0 ? undefined : { kind: Kind.SELECTION_SET, selections };
  }

  function filterNode(node: SelectionNode, type: GraphQLCompositeType): SelectionNode | undefined {
    switch (node.kind) {
      case Kind.FIELD: {
        if (denied.has(node)) return undefined;
        const returned = returnedBy(node, type);
        if (node.selectionSet === undefined || !isCompositeType(returned)) return node;
        const inside = filterSet(node.selectionSet, returned);
        return inside === node.selectionSet ? node : { ...node, selectionSet: withTypename(inside, returned) };
      }
      case Kind.INLINE_FRAGMENT: {
        const inside = filterSet(node.selectionSet, conditionOf(node, parts.schema) ?? type);
        if (inside === node.selectionSet) return node;
        return inside && { ...node, selectionSet: inside };
      }
      case Kind.FRAGMENT_SPREAD:
        return filterFragment(node.name.value) && node;
    }
  }

  function filterFragment(name: string): FragmentDefinitionNode | undefined {
    if (left.has(name)) return left.get(name);
    const fragment = parts.fragments.get(name)!;
    const inside = filterSet(fragment.selectionSet, conditionOf(fragment, parts.schema)!);
    const kept = inside && { ...fragment, selectionSet: inside };
    left.set(name, kept);
    return kept;
  }

  function isTouched({ name }: FragmentSpreadNode): boolean {
    return touched.has(parts.fragments.get(name.value)!.selectionSet);
  }

  function withTypename(inside: SelectionSetNode | undefined, type: GraphQLCompositeType): SelectionSetNode {
    if (!isAbstractType(type)) return inside ?? selectionSetOf([typenameField()]);
    return selectionSetOf([typenameField(typenameAlias), ...(inside?.selections ?? [])]);
  }

  const { operation } = parts;
  const selectionSet = filterSet(operation.selectionSet, parts.root);
  if (selectionSet === undefined) {
    return { document: undefined, operation: undefined, denied, touched, typenameAlias };
  }
  const rest: OperationDefinitionNode = { ...operation, selectionSet };
  const definitions = [rest, ...usedFragments(selectionSet, left)];
  return { document: { kind: Kind.DOCUMENT, definitions }, operation: rest, denied, touched, typenameAlias };
}

/** The type that a fragment is for. */
export function conditionOf(
  { typeCondition }: FragmentDefinitionNode | InlineFragmentNode,
  schema: GraphQLSchema,
): GraphQLCompositeType | undefined {
  return typeCondition && (schema.getType(typeCondition.name.value) as GraphQLCompositeType);
}

/** @returns undefined for `__typename` and for introspection, which ask nothing */
function returnedBy({ name }: FieldNode, type: GraphQLCompositeType) {
  const field = isObjectType(type) || isInterfaceType(type) ? type.getFields()[name.value] : undefined;
  return field && getNamedType(field.type);
}

function typenameField(alias?: string): FieldNode {
  const name = { kind: Kind.NAME, value: '__typename' } as const;
  return { kind: Kind.FIELD, name, ...(alias !== undefined && { alias: { kind: Kind.NAME, value: alias } }) };
}

function selectionSetOf(selections: readonly SelectionNode[]): SelectionSetNode {
  return { kind: Kind.SELECTION_SET, selections };
}

/** A response name that the client doesn't use anywhere. */
function unusedName({ operation, fragments }: OperationParts): string {
  const used = new Set<string>();
  const sets = [operation.selectionSet, ...[...fragments.values()].map(({ selectionSet }) => selectionSet)];
  for (let set = sets.pop(); set !== undefined; set = sets.pop()) {
    for (const node of set.selections) {
      if (node.kind === Kind.FIELD) used.add((node.alias ?? node.name).value);
      if (node.kind !== Kind.FRAGMENT_SPREAD && node.selectionSet !== undefined) sets.push(node.selectionSet);
    }
  }
  let name = 'runtimeType';
  while (used.has(name)) name += '_';
  return name;
}

function usedFragments(
  set: SelectionSetNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode | undefined>,
): readonly FragmentDefinitionNode[] {
  const used = new Set<FragmentDefinitionNode>();
  const sets = [set];
  for (let next = sets.pop(); next !== undefined; next = sets.pop()) {
    for (const node of next.selections) {
      if (node.kind !== Kind.FRAGMENT_SPREAD) {
        if (node.selectionSet !== undefined) sets.push(node.selectionSet);
        continue;
      }
      const fragment = fragments.get(node.name.value)!;
      if (used.has(fragment)) continue;
      used.add(fragment);
      sets.push(fragment.selectionSet);
    }
  }
  return [...used];
}
