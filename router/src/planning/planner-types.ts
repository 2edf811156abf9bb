import {
  getNamedType,
  isAbstractType,
  isNonNullType,
  isObjectType,
  Kind,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';

/** What is selected of the objects of one type under one response name. */
interface Selected {
  readonly type: GraphQLOutputType;
  readonly selectionSets: SelectionSetNode[];
}

/** Looking ends after so many selections; what was found until then counts. */
const MAX_STEPS = 20_000;

/**
 * The places (`nodes.part`) where more is at stake than time when a field is fetched for objects for which nobody asked for it.
 *
 * Plans know places, not types: `nodes { ... on A { part { x } } ... on B { part { y } } }` fetches `x` and `y` of every part. Where
 * `y` can't be null and fails, the subgraph answers no part at all, and `x` is lost.
 */
export function placesAtRisk(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): string[] {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const one of document.definitions) if (one.kind === Kind.FRAGMENT_DEFINITION) fragments.set(one.name.value, one);
  const places: string[] = [];
  let steps = 0;

  function collect(
    { selections }: SelectionSetNode,
    type: GraphQLObjectType,
    fields: Map<string, Selected>,
    spread: Set<string>,
  ): void {
    for (const node of selections) {
      steps += 1;
      if (node.kind === Kind.FIELD) add(node, type, fields);
      else if (node.kind === Kind.INLINE_FRAGMENT) {
        if (applies(node.typeCondition?.name.value, type)) collect(node.selectionSet, type, fields, spread);
      } else if (!spread.has(node.name.value)) {
        spread.add(node.name.value);
        const fragment = fragments.get(node.name.value);
        if (fragment !== undefined && applies(fragment.typeCondition.name.value, type)) {
          collect(fragment.selectionSet, type, fields, spread);
        }
      }
    }
  }

  function add(node: FieldNode, type: GraphQLObjectType, fields: Map<string, Selected>): void {
    const field = type.getFields()[node.name.value];
    if (field === undefined) return;
    const name = (node.alias ?? node.name).value;
    const known = fields.get(name) ?? { type: field.type, selectionSets: [] };
    fields.set(name, known);
    if (node.selectionSet !== undefined) known.selectionSets.push(node.selectionSet);
  }

  function applies(condition: string | undefined, type: GraphQLObjectType): boolean {
    if (condition === undefined || condition === type.name) return true;
    const conditionType = schema.getType(condition);
    return isAbstractType(conditionType) && schema.isSubType(conditionType, type);
  }

  /** What is selected of objects, by the name of their type. */
  function fieldsOf({ selectionSets, type }: Selected): Map<string, Map<string, Selected>> {
    const named = getNamedType(type);
    const types = isAbstractType(named) ? schema.getPossibleTypes(named) : isObjectType(named) ? [named] : [];
    const byType = new Map<string, Map<string, Selected>>();
    for (const one of types) {
      const fields = new Map<string, Selected>();
      const spread = new Set<string>();
      for (const selectionSet of selectionSets) collect(selectionSet, one, fields, spread);
      byType.set(one.name, fields);
    }
    return byType;
  }

  function look(selected: Selected, path: string): void {
    if (steps > MAX_STEPS) return;
    const byName = new Map<string, Selected[]>();
    for (const fields of fieldsOf(selected).values()) {
      for (const [name, one] of fields) {
        if (one.selectionSets.length > 0) byName.set(name, [...(byName.get(name) ?? []), one]);
      }
    }
    for (const [name, all] of byName) {
      const [first, ...others] = distinct(all);
      const here = `${path}${name}`;
      if (others.some((other) => differInRisk(first!, other))) places.push(here);
      else for (const one of [first!, ...others]) look(one, `${here}.`);
    }
  }

  /** Whether objects of one type may be asked for what can't be null because of one or the other alone. */
  function differInRisk(one: Selected, other: Selected): boolean {
    const theirs = fieldsOf(other);
    return [...fieldsOf(one)].some(function differs([type, fields]) {
      const others = theirs.get(type);
      return others !== undefined && steps <= MAX_STEPS && isRisky(fields, others);
    });
  }

  function isRisky(fields: ReadonlyMap<string, Selected>, others: ReadonlyMap<string, Selected>): boolean {
    return [...new Set([...fields.keys(), ...others.keys()])].some(function isRiskyIn(name) {
      const [mine, its] = [fields.get(name), others.get(name)];
      if (mine === undefined || its === undefined) return isNonNullType((mine ?? its)!.type);
      return mine.selectionSets.length > 0 && differInRisk(mine, its);
    });
  }

  const root = schema.getRootType(operation.operation);
  if (root != null) look({ type: root, selectionSets: [operation.selectionSet] }, '');
  return places;
}

/** Those whose selections are not the very same. */
function distinct(all: readonly Selected[]): Selected[] {
  const found: Selected[] = [];
  for (const one of all) {
    const isThere = found.some(
      ({ selectionSets }) =>
        selectionSets.length === one.selectionSets.length &&
        selectionSets.every((selectionSet, index) => selectionSet === one.selectionSets[index]),
    );
    if (!isThere) found.push(one);
  }
  return found;
}
