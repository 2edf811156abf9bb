import {
  isAbstractType,
  Kind,
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql';

/** All selections of one response name, in the order in which the answer has its names. */
export type SelectedFields = ReadonlyMap<string, readonly FieldNode[]>;

/**
 * The fields that selections have on objects of a type, as GraphQL's CollectFields gives them
 * (https://spec.graphql.org/October2021/#CollectFields()), once for all objects of that type.
 */
export type CollectFields = (
  type: GraphQLCompositeType,
  selectionSets: readonly SelectionSetNode[],
  /** Called when there are selections for other types than `type`, which an object whose own type is not known may have. */
  onOtherType?: () => void,
) => SelectedFields;

/** @param values of the variables that `@skip` and `@include` name */
export function prepareCollectFields(
  schema: GraphQLSchema,
  document: DocumentNode,
  values: ReadonlyMap<string, boolean>,
): CollectFields {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const one of document.definitions) if (one.kind === Kind.FRAGMENT_DEFINITION) fragments.set(one.name.value, one);

  return function collectFields(type, selectionSets, onOtherType) {
    const fields = new Map<string, FieldNode[]>();
    const seen = new Set<string>();
    for (const selectionSet of selectionSets) collect(selectionSet);
    return fields;

    function collect({ selections }: SelectionSetNode): void {
      for (const selection of selections) {
        if (!isIncluded(selection.directives, values)) continue;
        if (selection.kind === Kind.FIELD) {
          const name = (selection.alias ?? selection.name).value;
          const same = fields.get(name);
          if (same === undefined) fields.set(name, [selection]);
          else same.push(selection);
        } else if (selection.kind === Kind.INLINE_FRAGMENT) {
          collectIfApplies(selection.typeCondition?.name.value, selection.selectionSet);
        } else if (!seen.has(selection.name.value)) {
          seen.add(selection.name.value);
          const fragment = fragments.get(selection.name.value);
          if (fragment !== undefined) collectIfApplies(fragment.typeCondition.name.value, fragment.selectionSet);
        }
      }
    }

    function collectIfApplies(condition: string | undefined, selectionSet: SelectionSetNode): void {
      if (applies(schema, condition, type)) collect(selectionSet);
      else onOtherType?.();
    }
  };
}

function isIncluded(directives: readonly DirectiveNode[] | undefined, values: ReadonlyMap<string, boolean>): boolean {
  return (directives ?? []).every(function allows({ name, arguments: given }) {
    if (name.value !== 'skip' && name.value !== 'include') return true;
    const value = given?.[0]?.value;
    const isTrue =
      value?.kind === Kind.VARIABLE
        ? values.get(value.name.value) === true
        : value?.kind === Kind.BOOLEAN && value.value;
    return name.value === 'include' ? isTrue : !isTrue;
  });
}

/** @param type of the object; an interface where the object's own type is not known, which then counts for no more than that */
function applies(schema: GraphQLSchema, condition: string | undefined, type: GraphQLCompositeType): boolean {
  if (condition === undefined || condition === type.name) return true;
  const conditionType = schema.getType(condition);
  return isAbstractType(conditionType) && !isUnion(type) && schema.isSubType(conditionType, type);
}

function isUnion(type: GraphQLCompositeType): type is Extract<GraphQLCompositeType, { getTypes(): unknown }> {
  return 'getTypes' in type;
}
